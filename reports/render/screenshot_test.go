package render

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/tailback/tailback/internal/browser"
	"github.com/tailback/tailback/reports"
)

var (
	screenshot = flag.String("screenshot", "", "write the picture of the report to this PNG file")
	ofReport   = flag.String("of", "", "the report.json to take the picture of; without it, a sample")
)

// TestScreenshot makes the picture of the README, from the verdict to the charts:
//
//	go test ./reports/render -run TestScreenshot -screenshot report.png -of out/report.json
func TestScreenshot(t *testing.T) {
	r := hang()
	if *ofReport != "" {
		text, err := os.ReadFile(*ofReport)
		if err != nil {
			t.Fatal(err)
		}
		r = &reports.Report{}
		if err := json.Unmarshal(text, r); err != nil {
			t.Fatal(err)
		}
	}
	p := open(t, browser.Start(t), r, 1080)
	p.Do(chromedp.Navigate(p.URL))
	height := browser.Ask[float64](p, `document.querySelector("#charts").getBoundingClientRect().bottom + 8`)
	p.Do(chromedp.EmulateViewport(1080, int64(height), chromedp.EmulateScale(1)))
	p.Until(fmt.Sprintf(`innerHeight === %d`, int64(height)))
	captured, err := chromedp.Run(p.Ctx, chromedp.CaptureScreenshot())
	if err != nil {
		t.Fatal(err)
	}
	picture := small(t, captured)
	if len(picture) > 200_000 {
		t.Errorf("the picture has %d bytes, want at most 200,000", len(picture))
	}
	path := *screenshot
	if path == "" {
		path = filepath.Join(t.TempDir(), "report.png")
	}
	if err := os.WriteFile(path, picture, 0o644); err != nil {
		t.Fatal(err)
	}
}

// small packs a PNG as well as it can be: the browser packs it in haste.
func small(t *testing.T, picture []byte) []byte {
	t.Helper()
	decoded, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, decoded); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
