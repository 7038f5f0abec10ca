package causes

import (
	"strings"
	"testing"

	"github.com/tailback/tailback/reports/journal"
)

// A log is said to have fallen silent only when it had shown what was answered before.
func TestFellSilent(t *testing.T) {
	evenly := func(from, to, n int64) map[int64]int64 {
		m := map[int64]int64{}
		for s := from; s < to; s++ {
			m[s] = n
		}
		return m
	}
	for _, row := range []struct {
		name        string
		log, served map[int64]int64
		want        string
	}{
		{"to the end", evenly(0, 20, 8), evenly(0, 20, 8), ""},
		{"full at 12 s", evenly(0, 12, 8), evenly(0, 20, 8), "nginx_access_log says nothing after 12 s, when 56 requests more were answered well"},
		{"a second that was written late", evenly(0, 19, 8), evenly(0, 20, 8), ""},
		{"of another host, that fell silent", evenly(0, 12, 2), evenly(0, 20, 8), ""},
		{"nothing was answered after it", evenly(0, 12, 8), evenly(0, 12, 8), ""},
		{"empty", nil, evenly(0, 20, 8), ""},
	} {
		log := &accessLog{}
		for s, n := range row.log {
			log.all.add(s, n, "")
		}
		if got := fellSilent(journal.NginxAccessLog, log, row.served); got != row.want && (row.want == "" || !strings.HasPrefix(got, row.want)) {
			t.Errorf("%s: %q, want %q", row.name, got, row.want)
		}
	}
}
