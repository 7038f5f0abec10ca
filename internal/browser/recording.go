package browser

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// Recording is what a tab sends and gets, as its developer tools list it under Network.
type Recording struct {
	tab  *Tab
	mu   sync.Mutex
	sent []*exchange
	// The headers as they went over the wire, cookies among them, come by themselves,
	// and in the order of the redirects that have one id.
	asked, got map[network.RequestID][]network.Headers
	loaded     map[network.RequestID]bool // their body can be had, until the next page
}

// exchange is a request and its answer. Each redirect is one.
type exchange struct {
	id          network.RequestID
	hop         int // how many redirects led to it
	kind        network.ResourceType
	request     *network.Request
	response    *network.Response
	wall        float64 // seconds since 1970
	began, done float64 // seconds of the browser's own clock
	body        []byte
	bodied      bool
}

// Record records what the tab does from now on.
func Record(tab *Tab) *Recording {
	tab.Helper()
	r := &Recording{tab: tab, asked: map[network.RequestID][]network.Headers{}, got: map[network.RequestID][]network.Headers{}, loaded: map[network.RequestID]bool{}}
	if err := chromedp.Listen(tab.Ctx, r.hear); err != nil {
		tab.Fatal(err)
	}
	return r
}

func (r *Recording) hear(event any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		x := &exchange{id: e.RequestID, kind: e.Type, request: e.Request, wall: float64(e.WallTime), began: float64(e.Timestamp)}
		if before := r.last(e.RequestID); before != nil && e.RedirectResponse != nil {
			before.response, before.done, x.hop = e.RedirectResponse, float64(e.Timestamp), before.hop+1
		}
		r.sent = append(r.sent, x)
	case *network.EventRequestWillBeSentExtraInfo:
		r.asked[e.RequestID] = append(r.asked[e.RequestID], e.Headers)
	case *network.EventResponseReceivedExtraInfo:
		r.got[e.RequestID] = append(r.got[e.RequestID], e.Headers)
	case *network.EventResponseReceived:
		if x := r.last(e.RequestID); x != nil {
			x.response, x.done = e.Response, float64(e.Timestamp)
		}
	case *network.EventLoadingFinished:
		if x := r.last(e.RequestID); x != nil {
			x.done, r.loaded[e.RequestID] = float64(e.Timestamp), true
		}
	case *network.EventLoadingFailed:
		if x := r.last(e.RequestID); x != nil {
			x.bodied, r.loaded[e.RequestID] = true, true
		}
	}
}

func (r *Recording) last(id network.RequestID) *exchange {
	for _, x := range slices.Backward(r.sent) {
		if x.id == id {
			return x
		}
	}
	return nil
}

// Keep takes the bodies of what is on the page: the browser forgets them with the next.
// It waits until the last request that the page made is answered in whole.
func (r *Recording) Keep() {
	r.tab.Helper()
	for _, x := range r.unkept() {
		body, err := chromedp.Call(r.tab.Ctx, network.GetResponseBody, network.GetResponseBodyParams{RequestID: x.id})
		if err != nil && x.kind == network.ResourceTypeDocument { // an icon's is never there
			r.tab.Fatalf("body of %s: %v", x.request.URL, err)
		}
		x.body, x.bodied = body.Body, true
	}
}

// unkept are the answers whose bodies are not kept yet, once all are there.
func (r *Recording) unkept() (all []*exchange) {
	for {
		all = nil
		waits := false
		r.mu.Lock()
		for _, x := range r.sent {
			last := r.last(x.id) == x
			waits = waits || last && !r.loaded[x.id] && strings.HasPrefix(x.request.URL, "http")
			if last && r.loaded[x.id] && !x.bodied {
				all = append(all, x)
			}
		}
		r.mu.Unlock()
		if !waits {
			return all
		}
		select {
		case <-r.tab.Ctx.Done():
			r.tab.Fatal("a request of the page was never answered")
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// HAR is the recording as developer tools save it with content and with what is
// sensitive: cookies and all (HAR 1.2).
func (r *Recording) HAR() []byte {
	r.tab.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	entries := []any{}
	for _, x := range r.sent {
		if x.response != nil && strings.HasPrefix(x.request.URL, "http") {
			entries = append(entries, r.entry(x))
		}
	}
	text, err := json.MarshalIndent(object{"log": object{"version": "1.2", "creator": object{"name": "WebInspector", "version": "537.36"}, "pages": []any{}, "entries": entries}}, "", "  ")
	if err != nil {
		r.tab.Fatal(err)
	}
	return text
}

type object map[string]any

func (r *Recording) entry(x *exchange) object {
	asked, got := x.request.Headers, x.response.Headers
	if all := r.asked[x.id]; x.hop < len(all) {
		asked = all[x.hop]
	}
	if all := r.got[x.id]; x.hop < len(all) {
		got = all[x.hop]
	}
	request := object{"method": x.request.Method, "url": x.request.URL, "httpVersion": x.response.Protocol, "headers": listed(asked), "queryString": queries(x.request.URL),
		"cookies": []any{}, "headersSize": -1, "bodySize": 0}
	if data := posted(x.request); len(data) > 0 {
		kind := header(asked, "Content-Type")
		post := object{"mimeType": kind, "text": string(data)}
		if kind == "application/x-www-form-urlencoded" {
			values, _ := url.ParseQuery(string(data))
			post["params"] = valuesOf(values)
		}
		request["postData"], request["bodySize"] = post, len(data)
	}
	content := object{"size": len(x.body), "mimeType": x.response.MimeType}
	if len(x.body) > 0 && utf8.Valid(x.body) {
		content["text"] = string(x.body)
	} else if len(x.body) > 0 {
		content["text"], content["encoding"] = x.body, "base64"
	}
	milliseconds := 1000 * max(x.done-x.began, 0)
	return object{
		"startedDateTime": time.UnixMicro(int64(1e6 * x.wall)).UTC().Format("2006-01-02T15:04:05.000Z"), "time": milliseconds, "_resourceType": strings.ToLower(string(x.kind)),
		"request": request,
		"response": object{"status": x.response.Status, "statusText": x.response.StatusText, "httpVersion": x.response.Protocol, "headers": listed(got), "cookies": []any{},
			"content": content, "redirectURL": header(got, "Location"), "headersSize": -1, "bodySize": -1},
		"cache": object{}, "timings": object{"send": 0, "wait": milliseconds, "receive": 0},
	}
}

func posted(r *network.Request) (all []byte) {
	for _, part := range r.PostDataEntries {
		all = append(all, part.Bytes...)
	}
	return all
}

// listed are headers in HAR's form; of several with one name, as Set-Cookie, each is one.
func listed(headers network.Headers) []object {
	all := []object{}
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		text, _ := headers[name].(string)
		for value := range strings.SplitSeq(text, "\n") {
			all = append(all, object{"name": name, "value": value})
		}
	}
	return all
}

func header(headers network.Headers, name string) string {
	for n, value := range headers {
		if text, ok := value.(string); ok && strings.EqualFold(n, name) {
			return text
		}
	}
	return ""
}

func queries(address string) []object {
	u, err := url.Parse(address)
	if err != nil {
		return []object{}
	}
	return valuesOf(u.Query())
}

func valuesOf(values url.Values) []object {
	all := []object{}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		for _, value := range values[name] {
			all = append(all, object{"name": name, "value": value})
		}
	}
	return all
}
