package configs

import "testing"

func TestStatusOverFastCGI(t *testing.T) {
	for text, want := range map[string]FastCGIPage{
		"unix:/run/status.sock":                   {"unix", "/run/status.sock", "/status", ""},
		"unix:///run/status.sock":                 {"unix", "/run/status.sock", "/status", ""},
		"unix:/run/php/fpm.sock:/fpm-status?full": {"unix", "/run/php/fpm.sock", "/fpm-status", "full"},
		"fcgi://127.0.0.1:9001":                   {"tcp", "127.0.0.1:9001", "/status", ""},
		"fcgi://127.0.0.1":                        {"tcp", "127.0.0.1:9000", "/status", ""},
		"fcgi://[::1]:9001/":                      {"tcp", "[::1]:9001", "/status", ""},
		"fastcgi://web1.internal:9001/pool/a?x=1": {"tcp", "web1.internal:9001", "/pool/a", "x=1"},
	} {
		if got, ok, err := (Status{URL: text}).FastCGI(); !ok || err != nil || got != want {
			t.Errorf("%s: got %+v, %v, %v, want %+v", text, got, ok, err, want)
		}
	}
	for _, text := range []string{"unix:run/status.sock", "unix:", "unix:/run/a.sock:status", "fcgi:", "fcgi://:9001", "fcgi://127.0.0.1:0", "fcgi://u:p@127.0.0.1", "fcgi:/run/a.sock"} {
		if got, ok, err := (Status{URL: text}).FastCGI(); !ok || err == nil {
			t.Errorf("%s: got %+v, %v, want a mistake", text, got, ok)
		}
	}
	for _, text := range []string{"http://127.0.0.1/status", "https://127.0.0.1/status", ""} {
		if got, ok, err := (Status{URL: text}).FastCGI(); ok || err != nil {
			t.Errorf("%s: got %+v, %v, want none of FastCGI", text, got, err)
		}
	}
}
