package reports

// Status is one reading of the pool's status page.
type Status struct {
	AtS   float64 `json:"at_s"`
	Busy  int64   `json:"busy"` // workers
	Total int64   `json:"total"`
	Queue int64   `json:"queue"` // always 0 on a unix socket, which the page can't see into
}
