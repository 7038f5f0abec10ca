package explain

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

// setting is where a client of PHP has its timeout.
type setting struct {
	family  string // what the client speaks
	in      unit
	name    string // of the setting that ends a call which is not answered
	connect string // of the one that ends connecting; "" when there is none
	note    string // what else there is to know
}

// unit is how a setting is written.
type unit int

const (
	milliseconds  unit = iota
	fractions          // seconds, or a part of one
	fromOneSecond      // the same, but what is less counts as 1 s
	wholeSeconds
	twoNumbers // seconds and microseconds, in brackets
)

// Families of servers.
const (
	overHTTP  = "http"
	mysql     = "mysql"
	postgres  = "postgres"
	redisLike = "redis"

	someDatabase = "database"
)

// What each client is set by. Against a server that accepts and says nothing,
// MySQL's time to connect is of no use: it ends before the greeting is read.
var (
	curl          = setting{overHTTP, milliseconds, "CURLOPT_TIMEOUT_MS", "CURLOPT_CONNECTTIMEOUT_MS", ""}
	guzzle        = setting{overHTTP, fractions, "Guzzle's option timeout", "Guzzle's option connect_timeout", ""}
	symfonyClient = setting{overHTTP, fractions, "the HTTP client's option max_duration", "", ""}
	wordPress     = setting{overHTTP, fromOneSecond, "the argument timeout of wp_remote_get()", "", ""}
	streamContext = setting{overHTTP, fractions, "the option http.timeout of its stream context", "the option http.timeout of its stream context", ""}
	opened        = setting{overHTTP, fractions, "its argument $timeout", "its argument $timeout", "reading has another: stream_set_timeout()"}
	read          = setting{overHTTP, twoNumbers, "stream_set_timeout", "", ""}
	soap          = setting{overHTTP, wholeSeconds, "default_socket_timeout (SoapClient has no other)", "SoapClient's option connection_timeout", ""}
	mysqlClient   = setting{mysql, wholeSeconds, "MYSQLI_OPT_READ_TIMEOUT (with PDO mysqlnd.net_read_timeout)", "MYSQLI_OPT_CONNECT_TIMEOUT (with PDO PDO::ATTR_TIMEOUT)", ""}
	pgConnect     = setting{postgres, wholeSeconds, "connect_timeout of the connection string", "connect_timeout of the connection string", ""}
	redisRead     = setting{redisLike, fractions, "Redis::OPT_READ_TIMEOUT", "", ""}
	redisConnect  = setting{redisLike, fractions, "the argument $read_timeout of connect()", "the argument $timeout of connect()", ""}
	predis        = setting{redisLike, fractions, "Predis's parameter read_write_timeout", "Predis's parameter timeout", ""}
)

// functions are the calls whose name tells the client. Methods' names tell it only
// together with what is called (methods): the slow log has no class.
var functions = map[string]setting{
	"curl_exec": curl, "curl_multi_exec": curl, "curl_multi_select": curl,
	"file_get_contents": streamContext, "fopen": streamContext, "file": streamContext, "get_headers": streamContext, "copy": streamContext, "readfile": streamContext, "simplexml_load_file": streamContext,
	"fsockopen": opened, "pfsockopen": opened, "stream_socket_client": opened,
	"fgets": read, "fread": read, "fgetc": read, "stream_get_contents": read, "stream_get_line": read,
	"__doRequest": soap, "__soapCall": soap,
	"mysqli_query": mysqlClient, "mysqli_real_query": mysqlClient, "mysqli_multi_query": mysqlClient, "mysqli_stmt_execute": mysqlClient, "mysqli_execute_query": mysqlClient, "mysqli_prepare": mysqlClient,
	"mysqli_connect": mysqlClient, "mysqli_real_connect": mysqlClient,
	"pg_connect": pgConnect, "pg_pconnect": pgConnect,
}

// methods are those of clients of databases and caches.
var methods = map[string]map[string]setting{
	mysql: {"query": mysqlClient, "real_query": mysqlClient, "multi_query": mysqlClient, "execute": mysqlClient, "execute_query": mysqlClient, "exec": mysqlClient, "prepare": mysqlClient,
		"begin_transaction": mysqlClient, "begintransaction": mysqlClient, "commit": mysqlClient, "real_connect": mysqlClient, "connect": mysqlClient, "__construct": mysqlClient},
	redisLike: {"get": redisRead, "set": redisRead, "setex": redisRead, "mget": redisRead, "del": redisRead, "exists": redisRead, "incr": redisRead, "expire": redisRead, "ping": redisRead, "auth": redisRead,
		"hget": redisRead, "hset": redisRead, "hgetall": redisRead, "lpush": redisRead, "rpush": redisRead, "lpop": redisRead, "rpop": redisRead, "eval": redisRead, "connect": redisConnect, "pconnect": redisConnect},
}

// libraries have a setting of their own above that of the function they call.
var libraries = map[string]setting{"guzzlehttp/guzzle": guzzle, "symfony/http-client": symfonyClient, "wp-includes": wordPress, "predis/predis": predis}

// calls is what a dependency speaks by its name, where that tells it; else HTTP is
// what it can be asked by.
func calls(dependency string) string {
	parts := strings.FieldsFunc(strings.ToLower(dependency), func(r rune) bool { return r < 'a' || r > 'z' })
	for _, one := range []struct{ word, family string }{{"mysql", mysql}, {"mariadb", mysql}, {"postgres", postgres}, {"postgresql", postgres}, {"pgsql", postgres},
		{"redis", redisLike}, {"valkey", redisLike}, {"database", someDatabase}, {"db", someDatabase}} {
		if slices.Contains(parts, one.word) {
			return one.family
		}
	}
	return overHTTP
}

// settingOf is the setting of a wait for what speaks that; false when the wait can't be for it.
func settingOf(w wait, family string) (setting, bool) {
	s, ok := libraries[w.library]
	if !ok {
		s, ok = functions[w.function]
	}
	if !ok {
		s, ok = methods[family][strings.ToLower(w.function)]
	}
	return s, ok && (s.family == family || family == someDatabase && (s.family == mysql || s.family == postgres))
}

// familyOf is what a wait's name tells of what is called; "" when nothing.
func familyOf(w wait) string {
	if s, ok := libraries[w.library]; ok {
		return s.family
	}
	return functions[w.function].family
}

// setIt says which setting to change, to what and where, for calls to a
// dependency: where the slow log saw workers wait for what that speaks, while no
// other that speaks the same was held. limit is in seconds, 0 when no figure is known.
func setIt(r *reports.Report, t *reports.Timeout, limit float64) (text, note string) {
	family := calls(t.Dependency)
	others := slices.ContainsFunc(r.Timeouts, func(other reports.Timeout) bool {
		return other.Dependency != t.Dependency && calls(other.Dependency) == family
	})
	waits, _ := waitsOf(r, t.Dependency)
	for _, w := range waits {
		s, ok := settingOf(w, family)
		if !ok || others && !w.held {
			continue
		}
		name := s.name
		if t.Connect {
			name = s.connect
		}
		if name == "" {
			continue
		}
		at := ""
		if w.place != "" {
			at = " at " + w.place
		}
		text, note = s.in.set(name, at, limit)
		if s.note != "" {
			note += "; " + s.note
		}
		return text, note
	}
	return "", ""
}

// set writes what to set a setting to, at a place, rounded down to what it can have.
func (u unit) set(name, at string, limit float64) (text, note string) {
	const noFraction = " has whole seconds only"
	s := words.LimitS(max(limit, 0))
	switch {
	case limit <= 0 && u == twoNumbers:
		return ": call " + name + "()" + at, ""
	case limit <= 0:
		return ": set " + name + at, ""
	case u == fromOneSecond && s < 1:
		return "", "; " + name + at + " takes no less than 1 s, which is too long here"
	case u == wholeSeconds && s < 1:
		return "", "; " + name + at + noFraction + ", and 1 s is too long here"
	case u == wholeSeconds:
		return fmt.Sprintf(": set %s to %.0f%s", name, math.Floor(s), at), "; it" + noFraction
	case u == milliseconds:
		return fmt.Sprintf(": set %s to %.0f%s", name, s*1000, at), ""
	case u == twoNumbers:
		return fmt.Sprintf(": call %s($stream, %d, %.0f)%s", name, int64(s), (s-math.Floor(s))*1e6, at), ""
	}
	return ": set " + name + " to " + strconv.FormatFloat(math.Round(s*1000)/1000, 'f', -1, 64) + at, ""
}
