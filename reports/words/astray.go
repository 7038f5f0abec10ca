package words

import "fmt"

// ToLogIn says what to do about a request that is sent to a login page. credentials
// is the header by which it says who asks; "" for none.
func ToLogIn(credentials string) string {
	if credentials != "" {
		return fmt.Sprintf("its %s is not accepted (it has expired, or is another site's); log in again and renew it", credentials)
	}
	return "give it a session, such as headers: [{name: Cookie, value: {env: SESSION_COOKIE}}]"
}

// ToBeLetIn says what to do about a request that is answered 401 or 403.
func ToBeLetIn(code int, credentials string) string {
	switch {
	case code == 401 && credentials != "":
		return fmt.Sprintf("its %s is not accepted: it is wrong, or has expired; renew it", credentials)
	case code == 401:
		return "it wants credentials; give them, such as headers: [{name: Authorization, value: {env: TOKEN}}]"
	case credentials != "":
		return fmt.Sprintf("it is forbidden: its %s has no right to it or has expired, or a guard (a firewall, a list of addresses, a check against forged forms) refuses this machine; renew the one, or let the other in", credentials)
	}
	return "it is forbidden: it wants a login, or a guard (a firewall, a list of addresses, a check against forged forms) refuses this machine; give it credentials under headers, or let this machine in"
}

// ToRedirected says what to do about a request that is redirected with that status.
func ToRedirected(code int) string {
	return fmt.Sprintf("ask for that path, set target.follow_redirects, or, if the redirect is what you mean, say expect: {status: [%d]}", code)
}
