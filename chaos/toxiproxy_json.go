package chaos

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/Shopify/toxiproxy/v2/stream"
	"github.com/Shopify/toxiproxy/v2/toxics"
)

// The bounds of a client's toxics. Beyond them Toxiproxy's arithmetic overflows,
// divides by zero or recurses without end, in goroutines of its own where
// nothing can be recovered.
const (
	maxToxicMillis = int64(24 * time.Hour / time.Millisecond)
	maxToxicBytes  = int64(1) << 40
	maxToxicName   = 100 // bytes
	maxToxics      = 100 // on a proxy
)

// newToxic reads a toxic as Toxiproxy does: downstream and on every connection
// unless it says otherwise.
func newToxic(text []byte) (*toxics.ToxicWrapper, error) {
	w := &toxics.ToxicWrapper{Stream: "downstream", Toxicity: 1, Toxic: new(toxics.NoopToxic)}
	if err := json.Unmarshal(text, w); err != nil {
		return nil, badBody(err)
	}
	var err error
	if w.Direction, err = stream.ParseDirection(w.Stream); err != nil {
		return nil, toxiproxy.ErrInvalidStream
	}
	if w.Name == "" {
		w.Name = w.Type + "_" + w.Stream
	}
	if toxics.New(w) == nil {
		return nil, toxiproxy.ErrInvalidToxicType
	}
	return w, readAttributes(text, w)
}

// changedToxic returns a copy of a toxic with the changes that the text asks for.
func changedToxic(old *toxics.ToxicWrapper, text []byte) (*toxics.ToxicWrapper, error) {
	w := *old
	toxics.New(&w)
	before, err := json.Marshal(old)
	if err != nil {
		return nil, err
	}
	if err := readAttributes(before, &w); err != nil {
		return nil, err
	}
	change := struct {
		Toxicity *float32 `json:"toxicity"`
	}{&w.Toxicity}
	if err := json.Unmarshal(text, &change); err != nil {
		return nil, badBody(err)
	}
	return &w, readAttributes(text, &w)
}

func readAttributes(text []byte, w *toxics.ToxicWrapper) error {
	attributes := struct {
		Attributes any `json:"attributes"`
	}{w.Toxic}
	if err := json.Unmarshal(text, &attributes); err != nil {
		return badBody(err)
	}
	return checkToxic(w)
}

func badBody(err error) error {
	return &toxiproxy.ApiError{Message: toxiproxy.ErrBadRequestBody.Message + ": " + err.Error(), StatusCode: http.StatusBadRequest}
}

// checkToxic refuses a toxic that would crash or wedge the process, or that
// cannot be meant.
func checkToxic(w *toxics.ToxicWrapper) error {
	c := attributes{}
	if !(w.Toxicity >= 0 && w.Toxicity <= 1) {
		c.refuse("toxicity", "from 0 to 1")
	}
	if len(w.Name) > maxToxicName {
		c.refuse("name", fmt.Sprintf("at most %d bytes", maxToxicName))
	}
	switch t := w.Toxic.(type) {
	case *toxics.LatencyToxic:
		c.within("latency", t.Latency, 0, maxToxicMillis)
		c.within("jitter", t.Jitter, 0, maxToxicMillis)
	case *toxics.TimeoutToxic:
		c.within("timeout", t.Timeout, 0, maxToxicMillis)
	case *toxics.ResetToxic:
		c.within("timeout", t.Timeout, 0, maxToxicMillis)
	case *toxics.SlowCloseToxic:
		c.within("delay", t.Delay, 0, maxToxicMillis)
	case *toxics.BandwidthToxic:
		c.within("rate", t.Rate, 1, maxToxicBytes)
	case *toxics.LimitDataToxic:
		c.within("bytes", t.Bytes, 0, maxToxicBytes)
	case *toxics.SlicerToxic:
		c.within("average_size", int64(t.AverageSize), 1, maxToxicBytes)
		c.within("size_variation", int64(t.SizeVariation), 0, int64(t.AverageSize)-1)
		c.within("delay", int64(t.Delay), 0, 1000*maxToxicMillis)
	case *toxics.NoopToxic:
	default:
		return toxiproxy.ErrInvalidToxicType
	}
	return c.err
}

// attributes keeps the first refusal.
type attributes struct{ err error }

func (a *attributes) within(name string, value, least, most int64) {
	if value < least || value > most {
		a.refuse(name, fmt.Sprintf("from %d to %d", least, most))
	}
}

func (a *attributes) refuse(name, needs string) {
	if a.err == nil {
		a.err = badBody(fmt.Errorf("%s needs to be %s", name, needs))
	}
}
