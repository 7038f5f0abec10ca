package configs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// However a Secret is printed, alone or inside a request, its text stays hidden.
func TestSecretIsNeverPrinted(t *testing.T) {
	s := Secret{Text: "hush"}
	r := Request{Headers: []Header{{Name: "Authorization", Value: s}}}
	var logged bytes.Buffer
	slog.New(slog.NewTextHandler(&logged, nil)).Info("loaded", "secret", s, "request", r)
	marshalled, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	for form, got := range map[string]string{
		"%v": fmt.Sprintf("%v %v", s, r), "%+v": fmt.Sprintf("%+v %+v", s, r), "%#v": fmt.Sprintf("%#v %#v", s, r),
		"json": string(marshalled), "slog": logged.String(),
	} {
		if strings.Contains(got, "hush") || !strings.Contains(got, "[hidden]") {
			t.Errorf("%s gives %s", form, got)
		}
	}
}

func TestAllows(t *testing.T) {
	target := Target{Allow: []string{"staging.example.com", "10.1.2.3", "10.7.0.0/16"}}
	for host, want := range map[string]bool{
		"127.0.0.1": true, "127.9.9.9": true, "::1": true, "localhost": true, "LOCALHOST": true, // this machine
		"::ffff:127.0.0.1":    true,                                                // the same in IPv6's words
		"staging.example.com": true, "Staging.Example.Com": true, "10.1.2.3": true, // named
		"10.7.200.1": true, "::ffff:10.7.200.1": true, "10.8.0.1": false, // in a range, or not
		"example.com": false, "www.staging.example.com": false, "10.1.2.4": false, "": false,
		"localhost.example.com": false, "127.0.0.1.example.com": false, "0.0.0.0": false, "127.1": false,
	} {
		if got := target.Allows(host); got != want {
			t.Errorf("%q: got %t, want %t", host, got, want)
		}
	}
}

func TestSizes(t *testing.T) {
	for text, want := range map[string]Size{"0": 0, "100": 100, "100B": 100, "1KB": 1000, "1KB/s": 1000, "20 MB": 20e6, "3GB": 3e9, "1000GB": 1e12,
		"1kb": 1000, "1kB/s": 1000, "2mb": 2e6, "3gB": 3e9, "7b": 7} {
		if got, err := parseSize(text); err != nil || got != want {
			t.Errorf("%s: got %d, %v, want %d", text, got, err, want)
		}
		if back, err := parseSize(want.String()); err != nil || back != want {
			t.Errorf("%s is read as %d, %v", want, back, err)
		}
	}
	for _, text := range []string{"", "B", "-1", "1.5MB", "1KiB", "1001GB", "999999999999999GB", "1KB/m"} {
		if got, err := parseSize(text); err == nil {
			t.Errorf("%q: got %d, want an error", text, got)
		}
	}
}
