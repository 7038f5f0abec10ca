//go:build real

package pairs

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"text/template"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/harness"
	"github.com/tailback/tailback/internal/ports"
	"github.com/tailback/tailback/internal/staging"
	"github.com/tailback/tailback/internal/staging/phpfpm"
)

var (
	record = flag.String("record", "", "run the pairs on real servers and leave their bundles in this folder")
	only   = flag.String("only", "", "of -record: only these runs, such as alike or errors")
	atOnce = flag.Int("at-once", 12, "of -record: how many sites run at a time")
)

// page is what the site of a run serves. It sleeps, calls payments, and fails now and then.
var page = template.Must(template.New("index.php").Parse(`<?php
header('Content-Type: text/plain');
usleep({{.ServiceMS}} * 1000);
$curl = curl_init('http://' . $_SERVER['DEPENDENCY'] . '/');
curl_setopt_array($curl, [CURLOPT_RETURNTRANSFER => true, CURLOPT_NOSIGNAL => true, CURLOPT_TIMEOUT_MS => {{.TimeoutMS}}]);
$answer = curl_exec($curl);
if (mt_rand() / mt_getrandmax() < {{.Errors}}) {
    http_response_code(500);
    exit('the application could not do this');
}
echo $answer === false ? 'fallback' : 'ok';
`))

// TestRecord leaves the runs that TestPairs compares. Sites run side by side, since
// they sleep nearly all of the time.
func TestRecord(t *testing.T) {
	if *record == "" {
		t.Skip("-record DIR records the pairs, in about half an hour")
	}
	jobs := make(chan Job)
	var running sync.WaitGroup
	for range *atOnce {
		running.Go(func() {
			for job := range jobs {
				if err := recordOne(t.Context(), job, filepath.Join(*record, job.Name)); err != nil {
					t.Errorf("%s: %v", job.Name, err)
				}
			}
		})
	}
	for _, job := range Jobs(*only) {
		if _, err := os.Stat(filepath.Join(*record, job.Name)); err != nil { // not there from an earlier time
			jobs <- job
		}
	}
	close(jobs)
	running.Wait()
}

func recordOne(ctx context.Context, job Job, out string) error {
	port, err := ports.Reserve("127.0.0.1:0")
	if err != nil {
		return err
	}
	defer port.Close()
	site, err := phpfpm.Start(ctx, staging.Options{Workers: job.Workers, Backlog: 16, Dependency: port.Addr})
	if err != nil {
		return err
	}
	defer site.Close()
	site.Dependency.SetDelay(job.Delay)
	if err := putPage(site, job); err != nil {
		return err
	}
	file := filepath.Join(site.Dir, "experiment.yaml")
	text := fmt.Sprintf("version: 1\nname: pair\nseed: 1\ntarget: {url: %q, timeout: 30s}\n"+
		"requests: [{name: page, path: /page, degraded: {body: fallback}}]\n"+
		"dependencies: [{name: payments, listen: %q, upstream: %q}]\nphases:\n%s", site.URL, port.Addr, site.DependencyAddr, job.Phases)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return err
	}
	exp, err := configs.Load(file, nil)
	if err != nil {
		return err
	}
	return harness.Run(ctx, exp, out, nil)
}

// putPage puts the page in the place of the site's, and has php-fpm read it anew.
func putPage(site *staging.Site, job Job) error {
	f, err := os.Create(filepath.Join(site.Dir, "index.php"))
	if err != nil {
		return err
	}
	defer f.Close()
	if err := page.Execute(f, job); err != nil {
		return err
	}
	if err := site.StopPool(); err != nil {
		return err
	}
	return site.StartPool()
}
