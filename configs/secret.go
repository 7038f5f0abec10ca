package configs

import (
	"log/slog"
	"net/url"
)

// Secret is a value given as text, or taken from the environment or a file when
// the experiment is loaded. It is never printed or marshalled: see String.
type Secret struct {
	Text string `mapstructure:"text"` // the value itself, once resolved
	Env  string `mapstructure:"env"`
	File string `mapstructure:"file"`
}

// String hides the value, so that a Secret printed by mistake tells nothing.
func (s Secret) String() string { return "[hidden]" }

// GoString hides the value from %#v.
func (s Secret) GoString() string { return s.String() }

// LogValue hides the value from log/slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText hides the value from JSON and other encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Body is a request's body: text, or as a whole secret.
type Body struct {
	Secret `mapstructure:",squash"`
}

// ShownPath returns the path without the secret-looking values of its query.
func (r Request) ShownPath() string { return hideURL(r.Path) }

// Login returns the user and password that requests are sent with: those of
// target.user and target.password, or the user info of target.url.
func (t Target) Login() (user, password string, given bool) {
	if t.User.Text != "" {
		return t.User.Text, t.Password.Text, true
	}
	u, err := url.Parse(t.URL)
	if err != nil || u.User == nil {
		return "", "", false
	}
	password, _ = u.User.Password()
	return u.User.Username(), password, true
}

// Bare returns the URL as BareURL does.
func (t Target) Bare() string { return BareURL(t.URL) }

// BareURL returns an address without what may be secret: user info, query and
// fragment; "" when it is none.
func BareURL(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}
