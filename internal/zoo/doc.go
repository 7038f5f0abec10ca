// Package zoo draws sites that nobody chose, simulates a run on each and writes
// the bundle that a real run would have left, so that what a report says can be
// held against what was true.
//
// A Site is the truth: pools of workers with an accept queue each, a gateway in
// front of them, pages, and the calls that these make to dependencies. A Plan is
// what was asked: phases, faults and the visitors' patience. Simulate plays the
// plan on the site, one event after another in virtual time:
//
//	visitor ─▶ gateway ─▶ accept queue ─▶ worker ─▶ connection ─▶ dependency
//	  gives up   own answers   slots, or     page     a fault withholds,
//	  at T_c     gives up      SYNs that     own      delays or cuts
//	             at R, tries   are dropped   work
//	             again
//
// Each worker is a process of straight code (clock.go); the rest are events. The
// records are made where the real ones are: a hit at the visitor, a connection
// and the use of a dependency at the proxy (as package chaos tells them), a log
// line at nginx and php-fpm (as package reports/evidence sums them up). Times
// have the noise of real runs (noise.go says which).
//
// It shares no code with reports/poolmodel, which the reports rest on: that
// model goes from rates to figures, this one from requests to records.
//
// A Plan may ask by visits (visit.go): a visitor takes one step after the other, each when
// the answer before it was good and was thought about, so that what comes depends on
// what was answered.
//
// Draw makes a Site and a Plan of a kind, DrawVisits the same asked by visits. It is a fake, so the tests hold it
// against physics that were measured, and against the same experiment on real
// servers.
package zoo
