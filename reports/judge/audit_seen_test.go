package judge

import (
	"errors"
	"testing"

	"github.com/tailback/tailback/reports"
)

// hung is the run on a dependency of a site that calls some of them; through the
// egress it also sees hosts.
func hung(name string, calls bool, hosts ...reports.DependencySeen) AuditPart {
	t := reports.Timeout{Dependency: name, Fault: "hang", Why: "the fault touched no request"}
	if calls {
		t = reports.Timeout{Dependency: name, Fault: "hang", Verdict: reports.ByApp, ObservedS: &reports.Estimate{Value: 1}}
	}
	return AuditPart{Dependency: name, Bundle: name, Report: &reports.Report{
		Outcome:          reports.OutcomeComplete,
		Phases:           []reports.Phase{{Name: "baseline", Traffic: reports.Traffic{Sent: 40, OKRatio: new(1.0)}}, {Name: "hang"}},
		Faults:           []reports.Fault{{Dependency: name, Kind: "hang", Phase: "hang", Connections: new(int64(0)), RequestsHeld: new(int64(0)), LiftedS: new(9.0), Exercised: calls}},
		Timeouts:         []reports.Timeout{t},
		DependenciesSeen: hosts,
	}}
}

// interrupted is a part that did not come to its end.
func interrupted(p AuditPart) AuditPart {
	p.Report.Outcome = reports.OutcomeInterrupted
	return p
}

// An audit says which dependencies it saw no call to, and which hosts it did not hang.
func TestAuditSaysWhatItSaw(t *testing.T) {
	pay := reports.DependencySeen{Host: "pay.example:443", Dependency: "payments", Calls: 3}
	others := []reports.DependencySeen{pay, {Host: "mail.example:25", Calls: 1}, {Host: "www.example:443", Calls: 9, Self: true}}
	for _, row := range []struct {
		name  string
		parts []AuditPart
		want  string
	}{
		{"all", []AuditPart{hung("payments", true), hung("stock", true)}, "every dependency is called with a timeout"},
		{"none", []AuditPart{hung("payments", false), hung("mariadb", false)},
			"no dependency was seen: no call to payments or mariadb came through Tailback, so the site does not send them there, or these requests make none"},
		{"not all", []AuditPart{hung("payments", true), hung("mariadb", false)},
			"no call to mariadb was seen: it does not go through Tailback, or these requests don't call it. 1 of 2 dependencies is called with a timeout"},
		{"two of three not", []AuditPart{hung("payments", true), hung("mariadb", false), hung("redis", false)},
			"no call to mariadb or redis was seen: they do not go through Tailback, or these requests don't call them. 1 of 3 dependencies is called with a timeout"},
		{"seen in another's run", []AuditPart{hung("payments", false), hung("stock", true, pay)},
			"of payments it could not be told: the fault touched no request. 1 of 2 dependencies is called with a timeout"},
		{"hosts that nobody hung", []AuditPart{hung("payments", true, others...)},
			"every dependency is called with a timeout. The site called mail.example:25 as well, which was not hung: audit once more with --from the folder of one of these runs"},
		{"a host that another run hung", []AuditPart{hung("payments", true, others...), hung("mail.example:25", true)}, "every dependency is called with a timeout"},
		{"not run", []AuditPart{{Dependency: "payments", Err: errors.New("port taken")}, hung("stock", false)},
			"of payments it could not be told: not run: port taken. No call to stock was seen: it does not go through Tailback, or these requests don't call it"},
		{"cut short before the hang", []AuditPart{interrupted(hung("payments", false))}, "of payments it could not be told: the fault touched no request"},
		{"nothing to hang", nil, "no dependency was hung"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if a := Audit(8, 10, row.parts); a.Summary != row.want {
				t.Errorf("\n got %s\nwant %s", a.Summary, row.want)
			}
		})
	}
}

// Visitors who were answered only once the hang was lifted got nothing until then.
func TestAuditOfAStall(t *testing.T) {
	p := hung("payments", true)
	p.Report.Timeouts[0].Got, p.Report.Faults[0].LateWaitS = reports.GotNothing, new(30.0)
	if got := Audit(8, 30, []AuditPart{p}).Rows[0].Visitors; got != "nothing for 30 s" {
		t.Errorf("visitors got %q", got)
	}
	p.Report.Timeouts[0].Got = "error 502"
	if got := Audit(8, 30, []AuditPart{p}).Rows[0].Visitors; got != "error 502" {
		t.Errorf("most got a 502, but %q is told", got)
	}
}
