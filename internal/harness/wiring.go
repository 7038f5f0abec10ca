package harness

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/tailback/tailback/attack"
	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/evidence"
	"github.com/tailback/tailback/reports/journal"
)

// Wiring is what was seen of an experiment's wiring when each of its requests
// was sent once, with every fault off.
type Wiring struct {
	Requests     []WiredRequest
	Dependencies []WiredDependency
	Sources      []WiredSource
	Remarks      []Remark // on none of these alone
}

// WiredRequest is what came of one request.
type WiredRequest struct {
	Name, Method, Path string
	Status             string // such as "200 OK"; "" without an answer
	Protocol           string // that it was answered in, such as "HTTP/1.1"
	Location           string // where it led instead, without its query; "" for nowhere
	Class              journal.Class
	TookS              float64
	BytesIn            int64
	Body               string      // GoodBody, DegradedBody or OtherBody; "" where the file asks for none
	Captured           []string    // the names of what a visit's step captured
	Unsent             bool        // it failed, so that further steps were not sent
	Calls              []WiredCall // nil where none can be counted
	Remarks            []Remark
}

// What an answer's body is, beside what the file asks for.
const (
	GoodBody     = "ok"
	DegradedBody = "degraded"
	OtherBody    = "not as expected"
)

// WiredCall is what the site called while it answered a request.
type WiredCall struct {
	Dependency string // its name, or the host as the site names it to the egress
	Declared   bool   // as a dependency
	Self       bool   // it is the target
	Calls      int64
	Opened     int64 // connections
}

// WiredDependency is how a declared dependency was called by all requests.
type WiredDependency struct {
	Name    string
	Calls   *int64 // nil where they can't be counted
	Faulted bool   // the experiment has a fault on it, or audits it
	Remarks []Remark
}

// WiredSource is what a source of evidence said meanwhile.
type WiredSource struct {
	Source  journal.Source
	Lines   int64 // that were read
	Unread  int64 // that could not be
	Says    string
	Remarks []Remark
}

// Remark is something a person should know. Spoils says that a run would be
// inconclusive, or measure something else than was asked for.
type Remark struct {
	Spoils bool
	Text   string
}

// Spoilt returns how many remarks say that a run would be spoilt.
func (w *Wiring) Spoilt() (n int) {
	w.each(func(r *Remark) {
		if r.Spoils {
			n++
		}
	})
	return n
}

// each calls f with each remark.
func (w *Wiring) each(f func(*Remark)) {
	all := [][]Remark{w.Remarks}
	for _, r := range w.Requests {
		all = append(all, r.Remarks)
	}
	for _, d := range w.Dependencies {
		all = append(all, d.Remarks)
	}
	for _, s := range w.Sources {
		all = append(all, s.Remarks)
	}
	for _, remarks := range all {
		for i := range remarks {
			f(&remarks[i])
		}
	}
}

// Wire sends each request of the experiment once, one at a time and by the way of
// a run's, with every fault off, and tells what came of it: of the answers, of the
// calls to the dependencies, of the site's logs and its status page. It takes
// about a second for each request. The error says why a run could not start.
func Wire(ctx context.Context, exp *configs.Experiment) (*Wiring, error) {
	secrets := exp.Redactor()
	asked := asPhases(exp)
	p, err := open(ctx, asked, quiet(asked))
	if err != nil {
		return nil, secrets.Error(err)
	}
	s := seen{exp: asked, counted: p.faults.Counts(), watched: p.sensors.Sources()}
	err = atHand(ctx, asked)
	if err == nil {
		err = s.look(ctx, p)
	}
	if err := errors.Join(err, p.faults.Close()); err != nil {
		return nil, secrets.Error(err)
	}
	s.hide(func(text string) string { return secrets.Text(p.attack.Hide(text)) })
	return s.wiring(), nil
}

// hide takes the secrets out of what others have said.
func (s *seen) hide(without func(text string) string) {
	for i := range s.tried {
		t := &s.tried[i]
		for _, text := range []*string{&t.Status, &t.Location, &t.Page, &t.Challenge, &t.Coding, &t.NotIn} {
			*text = without(*text)
		}
		if t.Err != nil {
			t.Err = errors.New(without(t.Err.Error()))
		}
	}
	for i := range s.events {
		s.events[i].Text = without(s.events[i].Text)
	}
	for i := range s.observed {
		s.observed[i].Text = without(s.observed[i].Text)
	}
}

// asPhases is the experiment with what it asks of capacity and audit as phases
// of its own: they want the same wiring.
func asPhases(exp *configs.Experiment) *configs.Experiment {
	all := *exp
	all.Phases = slices.Clone(exp.Phases)
	add := func(rate float64, f ...configs.Fault) {
		for i := range f {
			f[i].For = time.Minute
		}
		all.Phases = append(all.Phases, configs.Phase{Name: fmt.Sprintf("(part %d)", len(all.Phases)+1), Duration: time.Minute,
			Rate: &configs.Rate{From: rate, To: rate}, Faults: f})
	}
	if q := exp.Capacity; q != nil {
		add(q.From)
		for _, f := range q.Faults {
			add(q.From, f)
		}
	}
	if a := exp.Audit; a != nil {
		for _, d := range exp.Dependencies {
			if d.Host != "" || d.Listen != "" && d.Upstream != "" {
				add(a.Rate, configs.Fault{Dependency: d.Name, Hang: &configs.Hang{}, Share: 1})
			}
		}
	}
	return &all
}

// quiet is the experiment with its faults put off for longer than the requests can take.
func quiet(exp *configs.Experiment) *configs.Experiment {
	calm := time.Minute + time.Duration(len(exp.Mix())+len(exp.Logins()))*(exp.Target.Timeout+2*time.Second)
	later := *exp
	later.Phases = append([]configs.Phase{{Name: "(calm)", Duration: calm, Rate: &configs.Rate{}}}, exp.Phases...)
	return &later
}

// seen is what was seen while the requests were sent. Times are since t0.
type seen struct {
	exp      *configs.Experiment
	counted  bool // calls are
	watched  []journal.Source
	tried    []attack.Tried
	mu       sync.Mutex
	events   []journal.Event
	observed []journal.Observation
}

// settle is how long after a whole second the calls of that second are told of,
// on a busy machine.
const settle = 300 * time.Millisecond

// look sends the requests, while the proxies count calls and the sensors watch
// the site. Calls are told of each second, so each request has seconds of its own.
func (s *seen) look(ctx context.Context, p parts) error {
	begin := lead
	if len(s.watched) > 0 {
		begin = time.Second // for commands to have their output flowing
	}
	t0 := time.Now().Add(begin)
	playing, stopPlaying := context.WithCancel(ctx)
	defer stopPlaying()
	var acting sync.WaitGroup
	var played error
	acting.Go(func() { played = safely("chaos", func() error { return p.faults.Play(playing, t0, s.event) })() })
	stopSensing := s.sense(ctx, p.sensors, t0)
	err := s.send(ctx, p.attack, t0)
	stopSensing()
	stopPlaying()
	acting.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if played != nil && !errors.Is(played, context.Canceled) {
		err = errors.Join(err, played)
	}
	return err
}

func (s *seen) event(e journal.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, e)
}

func (s *seen) observe(o journal.Observation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.observed = append(s.observed, o)
}

// send logs in a session, if there are any, and sends each request that the mix has
// once. Of a visit, what comes after a step that failed is not sent, and nothing of all
// visits when nobody could be logged in.
func (s *seen) send(ctx context.Context, a *attack.Attack, t0 time.Time) error {
	pause(ctx, time.Until(t0)+settle)
	visitor, failed, mix := a.NewVisitor(ctx, t0), uint64(0), s.exp.Mix()
	for j := range s.exp.Logins() {
		t, err := s.try(ctx, visitor, t0, len(mix)+j)
		if err != nil || t.NotIn != "" {
			return err
		}
	}
	for i, r := range mix {
		if !r.Sent() || failed > 0 && s.exp.VisitOf(i) == int(failed)-1 {
			continue
		}
		t, err := s.try(ctx, visitor, t0, i)
		if err != nil {
			return err
		}
		if t.Hit.Class != journal.ClassOK {
			failed = t.Hit.Visit
		}
	}
	return nil
}

// try sends request i of the mix, or behind it of what logs in, in seconds of its own.
func (s *seen) try(ctx context.Context, visitor *attack.Visitor, t0 time.Time, i int) (attack.Tried, error) {
	t := visitor.Try(i)
	switch {
	case ctx.Err() != nil:
		return t, context.Cause(ctx)
	case t.Unreached:
		return t, t.Err
	}
	s.tried = append(s.tried, t)
	pause(ctx, time.Second-time.Since(t0)%time.Second+settle)
	return t, nil
}

// sense has the sensors watch until the function it returns is called.
func (s *seen) sense(ctx context.Context, sensors *evidence.Sensors, t0 time.Time) (stop func()) {
	if len(sensors.Sources()) == 0 {
		return func() {}
	}
	sensing, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { sensors.Run(sensing, t0, s.observe) })
	return func() {
		pause(ctx, linger)
		cancel()
		running.Wait()
	}
}

// pause waits, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// wiring is what all that was seen says.
func (s *seen) wiring() *Wiring {
	w := &Wiring{}
	for i, t := range s.tried {
		w.Requests = append(w.Requests, s.request(i, t))
	}
	w.Dependencies = s.dependencies(w.Requests)
	w.Sources = s.sources()
	w.Remarks = s.others()
	return w
}
