// Package evidence watches the site from its own side while a run goes on: it
// follows nginx's and php-fpm's logs, reads php-fpm's status page, and sums up
// what they say as observations, second by second. A source that fails is
// itself an observation, never the end of a run.
package evidence

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"runtime/debug"
	"sync"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// sensor watches one source until ctx is done and then gives what is left. It
// leaves no goroutine and no process.
type sensor struct {
	source journal.Source
	run    func(ctx context.Context, t0 time.Time, emit func(journal.Observation))
}

// Sensors watch the sources of a site.
type Sensors struct{ all []sensor }

// Open prepares the sensors of the sources that site names, and says which of
// them can't be read: a file that is missing, say. It changes nothing at the
// site and starts nothing. Of target it takes how its certificate is checked and
// its name, for the status page.
func Open(site configs.Site, target configs.Target) (*Sensors, error) {
	s := &Sensors{}
	var errs []error
	for _, log := range []struct {
		source journal.Source
		from   configs.Source
		format string
		parser func(format string) (parser, error)
	}{
		{journal.NginxErrorLog, site.NginxErrorLog, "", newNginxError},
		{journal.NginxAccessLog, site.NginxAccessLog, "", newNginxAccess},
		{journal.PHPAccessLog, site.PHPAccessLog.Source, site.PHPAccessLog.Format, newPHPAccess},
		{journal.PHPSlowLog, site.PHPSlowLog, "", newPHPSlow},
		{journal.PHPErrorLog, site.PHPErrorLog, "", newPHPError},
		{journal.GunicornErrorLog, site.GunicornErrorLog, "", newGunicornError},
		{journal.ApacheErrorLog, site.ApacheErrorLog, "", newApacheError},
	} {
		if log.from == (configs.Source{}) {
			continue
		}
		one, err := openLog(log.source, log.from, log.format, log.parser, statusPath(site.PHPFPMStatus))
		if err != nil {
			errs = append(errs, fmt.Errorf("read site.%s: %w", log.source, err))
			continue
		}
		s.all = append(s.all, one)
	}
	if site.PHPFPMStatus.URL != "" {
		one, err := openStatus(site.PHPFPMStatus, target)
		if err != nil {
			errs = append(errs, fmt.Errorf("read site.%s: %w", journal.PHPFPMStatus, err))
		} else {
			s.all = append(s.all, one)
		}
	}
	return s, errors.Join(errs...)
}

// statusPath is the path of the status page, "" when there is none of its own.
func statusPath(page configs.Status) string {
	if at, isFastCGI, err := page.FastCGI(); isFastCGI && err == nil {
		return at.Path
	}
	u, err := url.Parse(page.URL)
	if err != nil || u.Path == "/" {
		return ""
	}
	return u.Path
}

// Sources names what is watched.
func (s *Sensors) Sources() []journal.Source {
	var names []journal.Source
	for _, one := range s.all {
		names = append(names, one.source)
	}
	return names
}

// Run watches all sources until ctx is done, and hands over what they say from
// t0 on. It may begin before t0, so that commands have their output flowing by
// then. emit is called from several goroutines.
func (s *Sensors) Run(ctx context.Context, t0 time.Time, emit func(journal.Observation)) {
	var running sync.WaitGroup
	for _, one := range s.all {
		running.Go(func() {
			defer func() {
				if v := recover(); v != nil {
					emit(lost(one.source, t0, fmt.Sprintf("panic: %v: %s", v, debug.Stack())))
				}
			}()
			one.run(ctx, t0, emit)
		})
	}
	running.Wait()
}

// lost is the observation that a source says nothing, or no longer.
func lost(source journal.Source, t0 time.Time, why string) journal.Observation {
	return journal.Observation{AtNS: int64(max(0, time.Since(t0))), Source: source, Kind: journal.Lost, Count: 1, Text: clean([]byte(why))}
}
