package sheet

import (
	"net/url"
	"path/filepath"
)

// ReportLink is where a run's own page lies, seen from the folder of all runs; "" where
// there is none. A folder that lies elsewhere is not linked to.
func ReportLink(dir string) string {
	if dir == "" || !filepath.IsLocal(dir) {
		return ""
	}
	return (&url.URL{Path: filepath.ToSlash(dir) + "/report.html"}).String()
}
