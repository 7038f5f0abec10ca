package sheet

import "testing"

// A folder that a report.json from elsewhere names is not linked to outside.
func TestReportLinksStayInside(t *testing.T) {
	for dir, want := range map[string]string{
		"payments": "payments/report.html", "a b#c?d": "a%20b%23c%3Fd/report.html", "javascript:alert(1)": "./javascript:alert%281%29/report.html",
		"": "", "../other": "", "/etc": "", "//evil.example": "",
	} {
		if got := ReportLink(dir); got != want {
			t.Errorf("%q leads to %q, want %q", dir, got, want)
		}
	}
}
