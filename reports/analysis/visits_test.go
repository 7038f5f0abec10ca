package analysis

import (
	"os"
	"testing"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports/render"
)

func TestTMP(t *testing.T) {
	m := &madeup.MadeUp{Workers: 4, Slots: 17, Own: 50 * madeup.Millisecond, D: 50 * madeup.Millisecond}
	s := madeup.NewScenario(madeup.Visited("warmup", 5*madeup.Second, 8), madeup.Visited("baseline", 10*madeup.Second, 8), madeup.Visited("hang", 20*madeup.Second, 8), madeup.Visited("recovery", 15*madeup.Second, 8))
	s.Phases[0].Warmup = true
	m.Visit(s, madeup.Shop(2*madeup.Second), 15*madeup.Second, 35*madeup.Second)
	r, err := Contents(s.Contents())
	if err != nil {
		t.Fatal(err)
	}
	render.Text(os.Stdout, r)
	f, _ := os.Create("/tmp/p6/r.html")
	if err := render.HTML(f, r); err != nil {
		t.Fatal(err)
	}
	f, _ = os.Create("/tmp/p6/r.json")
	render.JSON(f, r)
}
