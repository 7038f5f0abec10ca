package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	toxiclient "github.com/Shopify/toxiproxy/v2/client"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/build"
)

// api is a server that speaks Toxiproxy's HTTP API.
type api struct {
	url   string
	at    string // its host and port, for people
	token string // that it wants; "" for none
}

// apiFor bounds one call. Toxiproxy's own bound is 25 s, and a call that waits
// for a client that does not read (toxiproxy#558) never comes back.
const apiFor = 5 * time.Second

// do sends in as JSON, if it is not nil, and reads the answer into out, if that is not nil.
func (a *api) do(ctx context.Context, method, path string, in, out any) error {
	ctx, cancel := context.WithTimeout(ctx, apiFor)
	defer cancel()
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, a.url+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	a.sign(req)
	answer, err := direct().RoundTrip(req)
	if err != nil {
		return fmt.Errorf("%s %s at %s: %w", method, path, a.at, bare(err))
	}
	if answer.StatusCode >= 300 {
		return fmt.Errorf("%s %s at %s: %w", method, path, a.at, a.refused(answer))
	}
	defer answer.Body.Close()
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(io.LimitReader(answer.Body, 16<<20)).Decode(out); err != nil {
		return fmt.Errorf("read the answer to %s %s at %s: %w", method, path, a.at, err)
	}
	return nil
}

// sign says who is calling, and that it may.
func (a *api) sign(req *http.Request) {
	req.Header.Set("User-Agent", build.UserAgent())
	if a.token != "" {
		req.Header.Set("Authorization", "Bearer "+a.token)
	}
}

// proxies returns the server's proxies by name.
func (a *api) proxies(ctx context.Context) (map[string]toxiclient.Proxy, error) {
	all := map[string]toxiclient.Proxy{}
	return all, a.do(ctx, http.MethodGet, "/proxies", nil, &all)
}

// statusError is a refusal.
type statusError struct {
	status int
	text   string
}

func (e *statusError) Error() string { return e.text }

// refused reads why the server refused.
func (a *api) refused(r *http.Response) error {
	defer r.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(r.Body, 64<<10))
	var e toxiproxy.ApiError
	if json.Unmarshal(text, &e) != nil || e.Message == "" {
		e.Message = "it answered " + r.Status
	}
	if a.token != "" { // a server may quote what it was sent
		e.Message = strings.ReplaceAll(e.Message, a.token, "[hidden]")
	}
	if r.StatusCode == http.StatusUnauthorized {
		e.Message = fmt.Sprintf("it wants another token, or one at all (%s); set %s, or chaos: {token: {env: NAME}}, to what it was started with",
			plain(e.Message), configs.AuthTokenVariable)
	}
	return &statusError{r.StatusCode, e.Message}
}
