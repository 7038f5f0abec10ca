package render

import (
	"encoding/json"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/tailback/tailback/internal/browser"
	"github.com/tailback/tailback/reports/words"
)

// The charts' script can't call Go: what it writes is held against words, at and
// around every value where the form changes, and at halves.
func TestTheChartsWriteFiguresAsWordsDoes(t *testing.T) {
	p := open(t, browser.Start(t), hang(), 1280)
	p.Do(chromedp.Navigate(p.URL))
	var values []float64
	for _, edge := range []float64{0, 0.00005, 0.001, 0.00995, 0.0625, 0.9995, 1, 2.25, 8, 9.95, 99.95, 1000, 1234.5, 0.005, 0.995, 0.125, 1e6} {
		values = append(values, edge, edge*0.999, edge*1.001)
	}
	for v := 1e-6; v < 1e6; v *= 1.03 {
		values = append(values, v)
	}
	list, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]func(float64) string{"seconds": words.Span, "rate": words.PerS} {
		for i, got := range browser.Ask[[]string](p, string(list)+".map(v => "+name+"(v))") {
			if text := want(values[i]); got != text {
				t.Errorf("%s(%v) is %q in the charts, %q elsewhere", name, values[i], got, text)
			}
		}
	}
	if got := browser.Ask[string](p, "seconds(null)"); got != words.Unknown {
		t.Errorf("a time that is not known is %q in the charts, %q elsewhere", got, words.Unknown)
	}
}
