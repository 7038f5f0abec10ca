package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/tailback/tailback/internal/browser"
	"github.com/tailback/tailback/internal/staging"
	"github.com/tailback/tailback/internal/staging/phpfpm"
	"github.com/tailback/tailback/reports"
)

// A browser's visit of the shop on real php-fpm, from the login to the order, is
// recorded, imported, checked and run: each visit logs in with the token of its own
// form, buys in a session of its own, and no token, cookie or login is in any output.
func TestRecordedVisit(t *testing.T) {
	t.Parallel()
	site, err := phpfpm.Start(t.Context(), staging.Options{})
	if errors.Is(err, phpfpm.ErrNotInstalled) && os.Getenv("CI") != "true" {
		t.Skipf("not run: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer site.Close()
	dir := t.TempDir()
	recording := recordVisit(t, site)
	if err := os.WriteFile(filepath.Join(dir, "shop.har"), recording, 0o600); err != nil {
		t.Fatal(err)
	}
	browsed := sessionsOf(t, site)
	if len(browsed["HushR-browser"]) != 1 {
		t.Fatalf("the browser was to be logged in once, and the site has %v", browsed)
	}
	for _, secret := range browsed["HushR-browser"][0] {
		if !bytes.Contains(recording, []byte(secret)) {
			t.Errorf("the recording does not hold %s, so this is no drill", secret)
		}
	}

	d := &secretDrill{t: t, dir: dir, planted: map[string]string{"recorded user": "HushR-browser", "user": "HushS-visitor"},
		env: append(os.Environ(), "XDG_STATE_HOME="+filepath.Join(dir, "state"), "STAGING_USER=HushS-visitor", "STAGING_PASSWORD=staging")}
	all := d.does("import", "shop.har", "--output", "shop.yaml")
	file := imported(t, filepath.Join(dir, "shop.yaml"))
	all += file
	all += d.does("check", "--preflight", "shop.yaml")
	all += d.does("run", "shop.yaml", "--out", "out")
	d.files("out")
	all += everything(t, filepath.Join(dir, "out"))

	// The preflight is a visit too, and 4 a second for 0.5 s and a burst of 8 are 10.
	visitors := sessionsOf(t, site)["HushS-visitor"]
	if len(visitors) != 1+10 {
		t.Errorf("%d sessions were logged in, want one for each of 11 visits", len(visitors))
	}
	for _, secret := range slices.Concat(append(visitors, browsed["HushR-browser"]...)...) {
		if i := strings.Index(all, secret); i >= 0 {
			t.Errorf("a token or cookie is told: ...%s...", all[max(0, i-80):i+len(secret)])
		}
	}
	var r reports.Report
	if text, err := os.ReadFile(filepath.Join(dir, "out", "report.json")); err != nil || json.Unmarshal(text, &r) != nil {
		t.Fatalf("report.json: %v", err)
	}
	if v := r.Visits; v == nil || v.Due != 8 || v.Completed != 8 || r.Verdict != reports.Pass {
		t.Errorf("got %s with visits %+v, want 8 due and completed\n%s", r.Verdict, v, r.Summary)
	}
}

// recordVisit is what a browser's developer tools save of a visitor who logs in and buys.
func recordVisit(t *testing.T, site *staging.Site) []byte {
	tab := browser.Open(t, browser.Start(t), "", 1280)
	rec := browser.Record(tab)
	tab.Do(chromedp.Navigate(site.URL + "/login"))
	rec.Keep()
	for _, button := range []string{"login", "checkout"} {
		tab.Until(`document.title === "` + button + `" && document.readyState === "complete"`)
		if button == "login" {
			tab.Do(chromedp.SendKeys("input[name=user]", "HushR-browser"), chromedp.SendKeys("input[name=password]", "staging"))
		}
		tab.Do(chromedp.Click("button"))
		tab.Until(`document.title !== "` + button + `" && document.readyState === "complete"`)
		rec.Keep()
	}
	if said := browser.Ask[string](tab, `document.body.textContent`); said != "Thank you\n" {
		t.Fatalf("the browser bought nothing: %q", said)
	}
	return rec.HAR()
}

// thinks are the times that the recording took, which are the machine's.
var thinks = regexp.MustCompile(`(?m)^ *think: .*\n`)

// imported looks at the file, and shortens its run as its reader would: 10 visits.
func imported(t *testing.T, path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	file := string(text)
	for _, wants := range []string{"\nvisits:\n", `{name: token, html: "input[name=_token]", attribute: value}`, "{name: password, value: {env: STAGING_PASSWORD}}", `"{{token}}"`} {
		if !strings.Contains(file, wants) {
			t.Errorf("the file lacks %s\n%s", wants, file)
		}
	}
	if strings.Contains(strings.ReplaceAll(strings.ReplaceAll(file, "staging site", ""), "staging.example.com", ""), "staging") {
		t.Errorf("the file has the password\n%s", file)
	}
	short := strings.NewReplacer("warmup, duration: 5s, rate: 1,", "warmup, duration: 500ms, rate: 4,", "steady, duration: 1m, rate: 1}", "steady, duration: 3s, burst: 8}").Replace(thinks.ReplaceAllString(file, ""))
	if err := os.WriteFile(path, []byte(short), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// does runs a command that must succeed, and returns what it says.
func (d *secretDrill) does(args ...string) string {
	d.t.Helper()
	cmd := exec.CommandContext(d.t.Context(), "tailback", args...)
	cmd.Dir, cmd.Env = d.dir, d.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		d.t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
	}
	d.look("the output of "+strings.Join(args, " "), out)
	return string(out)
}

// everything is the text of all files of a folder.
func everything(t *testing.T, folder string) string {
	t.Helper()
	var all strings.Builder
	files, err := os.ReadDir(folder)
	for _, f := range files {
		text, readErr := os.ReadFile(filepath.Join(folder, f.Name()))
		err = errors.Join(err, readErr)
		all.Write(text)
	}
	if err != nil || len(files) < 3 {
		t.Errorf("%s has %d files: %v", folder, len(files), err)
	}
	return all.String()
}

var ofSession = regexp.MustCompile(`token\|s:\d+:"([^"]+)".*user\|s:\d+:"([^"]+)"`)

// sessionsOf are the sessions that PHP keeps of those who logged in, by user: the
// cookie of each and its token.
func sessionsOf(t *testing.T, site *staging.Site) map[string][][]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(site.Dir, "sessions", "sess_*"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][][]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if m := ofSession.FindStringSubmatch(string(text)); m != nil {
			all[m[2]] = append(all[m[2]], []string{strings.TrimPrefix(filepath.Base(file), "sess_"), m[1]})
		}
	}
	return all
}
