package reports

// Astray is a request that the site did not answer with what was asked for from the
// start, when all was well: each of its answers before the first fault led elsewhere,
// or was an unexpected 401 or 403. Figures of it are those of another page.
type Astray struct {
	Request string `json:"request"`
	// Answers are all that came before the first fault with a status below 500, and
	// Failed the requests of that time that got none: they say nothing of what was asked.
	Answers int64  `json:"answers"`
	Failed  int64  `json:"failed"`
	Codes   []int  `json:"codes"`  // of the answers, the most frequent first
	Login   bool   `json:"login"`  // most led to a login page
	To      string `json:"to"`     // where, a path or an address without its query; empty when that is not known, or nowhere
	Others  bool   `json:"others"` // to other places as well
	// Credentials is the header by which the request said who asks; empty for none.
	Credentials string `json:"credentials"`
	Text        string `json:"text"` // in words, with a question
	ToDo        string `json:"to_do"`
}
