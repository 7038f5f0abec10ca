package reports

import "cmp"

// WhyUnknown says why the run does not tell a figure of the pool, by the key that it
// has in Pool, in plain words.
func (p *Pool) WhyUnknown(key string) string {
	usual := map[string]string{
		"workers":           "the workers were not seen to be all busy",
		"queue_slots":       "the workers were not seen to be all busy",
		"service_s":         "too few good answers while all was well",
		"capacity_hz":       "it was not asked for more than it could serve",
		"gateway_timeout_s": "no 504 came",
	}
	if key == "queue_slots" && p.Network == "tcp" {
		return "on a TCP socket a full queue makes visitors wait and refuses none"
	}
	return cmp.Or(p.Unknown[key], usual[key])
}

// WhyUntold says why a run does not tell the timeout of which t is what was seen, if anything.
func WhyUntold(t *Timeout) string {
	if t == nil {
		return "no fault kept its calls from an answer"
	}
	return cmp.Or(t.Why, "nothing was held long enough to tell")
}
