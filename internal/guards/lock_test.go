package guards

import (
	"strings"
	"testing"

	"github.com/tailback/tailback/configs"
)

func TestLock(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	at := func(url string) *configs.Experiment {
		return &configs.Experiment{Name: "first", Target: configs.Target{URL: url}}
	}
	unlock, err := Lock(at("http://Shop.example.com/a"))
	if err != nil {
		t.Fatal(err)
	}
	for url, free := range map[string]bool{
		"http://me:hush@shop.example.com:80/b?c=d": false, // the same host and port, whatever the path
		"https://shop.example.com/a":               true,
		"http://shop.example.com:81/a":             true,
		"http://[::1]:80/":                         true,
	} {
		release, err := Lock(at(url))
		switch {
		case err == nil:
			release()
			if !free {
				t.Errorf("%s is free", url)
			}
		case free || !strings.Contains(err.Error(), "another run loads it: first, process ") || strings.Contains(err.Error(), "hush"):
			t.Errorf("%s: %v", url, err)
		}
	}
	unlock()
	again, err := Lock(at("http://shop.example.com"))
	if err != nil {
		t.Fatalf("after it was unlocked: %v", err)
	}
	again()
}
