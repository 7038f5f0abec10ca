package diagnose

import (
	"slices"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/measure"
)

// fewSelf is in how many requests one call of the site to itself may be left out of account.
const fewSelf = 50

// NotByItself takes back what a pool carries, and which timeout holds, where pages
// wait for pages of their own site: each takes two workers or more, and what is
// served depends on how many wait for each other. A few calls, as of a job, are let pass.
// Workers that were worked out of what was served while requests queued go as well where
// such a wait may have caused an onset.
func NotByItself(run *measure.Run, pool *reports.Pool, fit *PoolFit, self *reports.SelfRequests, onsets []reports.Onset, budgets []reports.Budget) {
	deadlock := slices.ContainsFunc(onsets, func(o reports.Onset) bool {
		return o.Cause == reports.SelfDeadlock || slices.Contains(o.Or, reports.SelfDeadlock)
	})
	if !deadlock && (self == nil || self.Calls*fewSelf < run.Cells.TotalSent()) {
		return
	}
	const why = "pages call their own site, or may: a request then takes more than one worker, and what is carried depends on how many wait for each other"
	pool.CapacityHz = nil
	pool.Unknown["capacity_hz"] = why
	withdraw(budgets, why)
	if w := pool.Workers; deadlock && w != nil && (fit.byServed(w) || fit.workers.averaged) {
		pool.Workers = nil
		pool.Unknown["workers"] = "workers may have waited for pages of their own site, and what was served meanwhile says nothing of how many there are"
		if pool.QueueSlots != nil {
			pool.QueueSlots, pool.Unknown["queue_slots"] = nil, fit.full.together()
		}
	}
}
