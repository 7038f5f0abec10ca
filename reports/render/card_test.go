package render

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/tailback/tailback/internal/browser"
	"github.com/tailback/tailback/reports"
)

func TestCardGolden(t *testing.T) {
	golden(t, "hang.card.svg", rendered(t, Card, hang()))
}

// parsed reads a card as any viewer must, and returns its letters; it has nothing but
// shapes and letters, and nothing in it leads elsewhere.
func parsed(t *testing.T, card string) (text string) {
	t.Helper()
	shapes := map[string]bool{"svg": true, "title": true, "desc": true, "defs": true, "pattern": true, "rect": true, "path": true, "text": true}
	for d := xml.NewDecoder(strings.NewReader(card)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return text
		}
		if err != nil {
			t.Fatalf("the card is no XML: %v", err)
		}
		switch e := token.(type) {
		case xml.CharData:
			text += string(e)
		case xml.StartElement:
			if !shapes[e.Name.Local] {
				t.Errorf("the card has a <%s>", e.Name.Local)
			}
			for _, a := range e.Attr {
				leads := strings.Contains(a.Value, "//") && a.Name.Local != "xmlns" || strings.Contains(a.Value, "url(") && a.Value != "url(#card-degraded)"
				if leads || a.Name.Local == "href" || a.Name.Local == "style" || strings.HasPrefix(a.Name.Local, "on") {
					t.Errorf("<%s> has %s=%q", e.Name.Local, a.Name.Local, a.Value)
				}
			}
		}
	}
}

func TestCardsOfAllRuns(t *testing.T) {
	for name, sample := range samples {
		card := rendered(t, Card, sample())
		text := parsed(t, card)
		if strings.Contains(card, "NaN") || strings.Contains(card, "Inf") || strings.Contains(card, "#ZgotmplZ") {
			t.Errorf("%s: the card has a figure that is none", name)
		}
		if len(card) > 40_000 {
			t.Errorf("%s: the card has %d bytes", name, len(card))
		}
		if name != "hostile" && !strings.Contains(text, sample().Name) {
			t.Errorf("%s: the card lacks the name", name)
		}
	}
	if text := parsed(t, rendered(t, Card, hang())); !strings.Contains(text, "✕ FAIL") || !strings.Contains(text, "502 +2.6 s") ||
		!strings.Contains(text, "well again +800 ms") || !strings.Contains(text, "payments hang") || !strings.Contains(text, "29%") {
		t.Errorf("the card reads %q", text)
	}
	if text := parsed(t, rendered(t, Card, empty())); !strings.Contains(text, "Nothing was recorded") {
		t.Errorf("the card of nothing reads %q", text)
	}
	parsed(t, rendered(t, Card, &reports.Report{}))
}

// Characters that XML has no place for do not spoil a card.
func TestCardOfAnyCharacters(t *testing.T) {
	r := hang()
	for c := range rune(0x300) {
		r.Summary += string(c)
	}
	r.Name, r.Summary = "\x00\x1b[31m\ufffe\uffff\xff]]><!--&", r.Summary+"\ufffe\uffff\ud7ff\ue000"
	r.Faults[0].Dependency = "<svg onload=alert(1)>\x07"
	parsed(t, rendered(t, Card, r))
}

func TestHeadlinesFit(t *testing.T) {
	word := "Payments "
	for _, n := range []int{1, 8, 14, 20, 30, 200} {
		lines, size := headline(strings.TrimSpace(strings.Repeat(word, n)))
		last := lines[len(lines)-1]
		if last.Y > 236 || size < 24 {
			t.Errorf("%d words: the last of %d lines is at %g, letters of %g", n, len(lines), last.Y, size)
		}
		if cut := strings.HasSuffix(last.Text, "…"); cut != (n > 30) {
			t.Errorf("%d words are cut: %t", n, cut)
		}
		for _, l := range lines {
			if lettersWide(l.Text, size) > cardWide {
				t.Errorf("%q has no room", l.Text)
			}
		}
	}
	if lines, _ := headline(strings.Repeat("x", 400)); len(lines) != 1 || !strings.HasSuffix(lines[0].Text, "…") {
		t.Errorf("a word without end is %v", lines)
	}
}

// In a browser all letters of a card are within it, and none covers another.
func TestTheCardsLettersFit(t *testing.T) {
	b := browser.Start(t)
	for name, sample := range samples {
		p := browser.Open(t, b, "<!DOCTYPE html><body>"+rendered(t, Card, sample()), 1280)
		p.Do(chromedp.Navigate(p.URL))
		p.None(name, `(() => { const all = [...document.querySelectorAll("text")].map(t => ({ text: t.textContent, r: t.getBBox() }));
			const over = (a, b) => a.x < b.x + b.width - 1 && b.x < a.x + a.width - 1 && a.y < b.y + b.height - 5 && b.y < a.y + a.height - 5;
			return all.filter(a => a.r.x < 20 || a.r.x + a.r.width > 1190 || a.r.y < 4 || a.r.y + a.r.height > 626).map(a => a.text + " is outside")
				.concat(all.flatMap((a, i) => all.slice(i + 1).filter(b => over(a.r, b.r)).map(b => a.text + " covers " + b.text))) })()`)
	}
}

// As an image, which is how a ticket shows it, a card is drawn without asking for anything.
func TestTheCardIsAnImage(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "card.svg")
	if err := os.WriteFile(path, []byte(rendered(t, Card, hang())), 0o644); err != nil {
		t.Fatal(err)
	}
	p := browser.Open(t, browser.Start(t), fmt.Sprintf(`<!DOCTYPE html><link rel="icon" href="data:,"><img src="file://%s">`, path), 1280)
	p.Do(chromedp.Navigate(p.URL))
	p.Until(`document.images[0].complete`)
	if size := browser.Ask[[]int](p, `[document.images[0].naturalWidth, document.images[0].naturalHeight]`); size[0] != 1200 || size[1] != 630 {
		t.Errorf("the image is %d by %d, want 1200 by 630", size[0], size[1])
	}
}
