package configs

import (
	"strconv"
	"strings"
)

// keyRows is the table of what is told of each key: by `tailback help
// experiment`, and by the schema that editors read. Rows are named by the Go
// type and the key.
var keyRows = map[string]Key{
	"Experiment.version":      {Doc: "the version of this file's form", Required: true, Least: Version, Most: Version, Example: "1"},
	"Experiment.name":         {Doc: "names the run, and with it the folder of its bundle", Default: "(the file's name)", Pattern: `^[^\s/\\` + unseen + `]([^/\\` + unseen + `]*[^\s/\\` + unseen + `])?$`, Not: `^\.\.?$`, Most: maxName, Example: "checkout-payments-hang"},
	"Experiment.seed":         {Doc: "of all that is drawn: Poisson arrivals, the mix of requests", Default: strconv.Itoa(DefaultSeed), Example: "20240501"},
	"Experiment.arrivals":     {Doc: "how requests follow on each other in phases with a rate: evenly spaced, or with exponential gaps, as visitors come; or a map, and they come as an access log says: {replay: access.log, speed: 2}", Default: Uniform, Words: []string{Uniform, Poisson}, Example: Poisson},
	"Experiment.target":       {Doc: "the site that gets the load", Required: true},
	"Experiment.data":         {Doc: "tables of values for the placeholders of requests, {{name.column}}", Example: "[{name: card, file: cards.csv}]"},
	"Experiment.requests":     {Doc: "the pages that are asked for, a weighted mix; beside arrivals.replay they may be left out: each then stands for the log's requests with its method and path, in which * is any text"},
	"Experiment.visits":       {Doc: "instead of requests: visitors who take one step after the other, a weighted mix; a rate is of visits then"},
	"Experiment.sessions":     {Doc: "visitors that log in before the run begins, and are lent to its visits"},
	"Experiment.dependencies": {Doc: "what the site calls, reached through Tailback, which plays the faults"},
	"Experiment.chaos":        {Doc: "where the faults are played"},
	"Experiment.limits":       {Doc: "ceilings on the load; hits over them are dropped and counted"},
	"Experiment.abort_when":   {Form: FormAborts, Doc: `rules that end a run, "metric op value over window"`, Example: `["errors > 50% over 10s"]`},
	"Experiment.phases":       {Doc: "what a run does, one phase after the other"},
	"Experiment.site":         {Doc: "evidence from the site itself, all of it optional"},
	"Experiment.objectives":   {Doc: `what must hold, "[phase:] [request, visit or dependency] metric op value [over window]"; before a colon stands a phase; metrics: p50 p90 p95 p99 p999 max errors ok degraded rate completed abandoned recovered onset 502 503 504 timeout retries budget capacity workers queue_slots gateway_timeout`, Example: `["hang: errors < 1%", "checkout p95 < 1s", "payments timeout < 400ms"]`},
	"Experiment.capacity":     {Doc: "what `tailback capacity` looks for: the highest rate that meets an objective"},
	"Experiment.audit":        {Doc: "what `tailback audit` does: each dependency is hung in turn"},

	"Arrivals.replay":  {Doc: "an access log whose requests are sent when it says: nginx's or Apache's, common or combined, with other fields behind, or JSON lines; also compressed (.gz)", Required: true, Pattern: `.`, Example: "access.log"},
	"Arrivals.speed":   {Doc: "how many times as fast as it was logged", Default: "1", Above: true, Most: maxSpeed, Example: "2"},
	"Arrivals.methods": {Doc: "of which requests are sent; those of others are left out and counted, and bodies are in no log", Default: "[GET, HEAD]", Not: "^CONNECT$", Pattern: "^[^a-z\\s\"(),/:;<=>?@\\[\\\\\\]{}]+$", Example: "[GET, HEAD, POST]"},
	"Arrivals.spread":  {Doc: "where in its second a request is, when the log's times are of whole seconds: evenly, or at random, drawn from seed", Default: Uniform, Words: []string{Uniform, Poisson}, Example: Poisson},

	"Target.url":              {Doc: "the site's address, to which each request's path is joined", Required: true, Pattern: webAddress, Example: "https://staging.example.com"},
	"Target.user":             {Doc: "sent with password as basic authentication", Pattern: `^[^:` + control + `]*$`, Example: "deploy"},
	"Target.password":         {Doc: "sent with user", Pattern: `^[^` + control + `]*$`, Example: "{env: STAGING_PASSWORD}"},
	"Target.timeout":          {Doc: "how long the client waits for a whole answer before it gives up", Default: DurationText(DefaultTimeout), Above: true, Example: "10s"},
	"Target.allow":            {Doc: "hosts that may get load; loopback always may, anything else must be named; with addresses or ranges in it every name must be in them", Pattern: `^[^\s*/]+(/[0-9]+)?$`, Example: "[staging.example.com]"},
	"Target.self":             {Doc: "other names of the site, by which it may call itself", Pattern: `^[^\s*/]+$`, Example: "[www.example.com]"},
	"Target.host":             {Doc: "the Host header and TLS name, where the address is another", Default: "(the URL's host)", Pattern: `^[^\s/]+$`, Example: "shop.example.com"},
	"Target.ca_file":          {Doc: "a file of certificates (PEM) that are trusted besides the system's", Example: "ca.pem"},
	"Target.client_cert":      {Doc: "what is shown to a site that asks its visitors for a certificate (mTLS)"},
	"Target.insecure":         {Doc: "accept any certificate", Default: "false", Example: "true"},
	"Target.protocol":         {Doc: "http/1.1; h2: HTTP/2 if the site agrees within TLS (ALPN), else HTTP/1.1; h2c: HTTP/2 without TLS, which the site must know", Default: HTTP1, Words: []string{HTTP1, HTTP2, H2C}, Example: HTTP2},
	"Target.socket":           {Doc: "a unix socket on this machine where the site listens; Host and TLS name are those of url, which then needs no allow", Most: maxSocket, Example: "/run/shop.sock"},
	"Target.source_addresses": {Doc: "addresses of this machine from which connections are made, in turn, for sites that limit what one address may ask", Pattern: `^[0-9A-Fa-f:.]+(%[^\s]+)?$`, Example: "[127.0.0.2, 127.0.0.3]"},
	"Target.follow_redirects": {Doc: "follow redirects within target.allow", Default: "false", Example: "true"},
	"Target.use_proxy":        {Doc: "obey HTTP_PROXY, HTTPS_PROXY and NO_PROXY", Default: "false", Example: "true"},

	"ClientCert.cert": {Doc: "its file (PEM), with the certificates between it and the site's authority", Required: true, Example: "client.pem"},
	"ClientCert.key":  {Doc: "its private key (PEM, without a passphrase): a file, or {env: NAME}", Required: true, Example: "client.key"},

	"Request.name":      {Doc: "how reports speak of it", Default: "(method and path)", Example: "checkout"},
	"Request.method":    {Doc: "the HTTP method, in capitals; POST unless given with json, form or multipart", Default: "GET", Not: "^CONNECT$", Pattern: "^[^a-z\\s\"(),/:;<=>?@\\[\\\\\\]{}]+$", Example: "POST"},
	"Request.path":      {Doc: "the path and query, behind the target's own", Required: true, Pattern: `^/((` + inBraces + `|[^/\s#])(` + inBraces + `|[^\s#])*)?$`, Example: "/checkout?item={{random 1 100}}"},
	"Request.query":     {Doc: "values that are put behind the path's own query, escaped", Example: `[{name: key, value: {env: PREVIEW_KEY}}]`},
	"Request.weight":    {Doc: "its share of the mix, beside the other weights", Default: "1", Most: maxWeight, Example: "3"},
	"Request.rate":      {Doc: "instead of weight: how often it is sent, in every phase, beside the phase's own rate, which is then of the requests with a weight and may be left out when there are none", Unit: "requests per second", Above: true, Most: maxRate, Example: "120/1m"},
	"Request.headers":   {Doc: "headers that are sent, also as [\"Accept: text/html\"]; Host is target.host", Example: `[{name: Authorization, value: {env: STAGING_TOKEN}}]`},
	"Request.body":      {Doc: "what is sent as the body", Example: `'{"item": 7}'`},
	"Request.body_file": {Doc: "a file that is sent as the body", Example: "order.json"},
	"Request.json":      {Form: FormAny, Doc: "keys and values that are sent as a JSON body, with its Content-Type", Example: `{item: 7, note: "{{card.note}}"}`},
	"Request.form":      {Form: FormPairs, Doc: "names and values that are sent as a form, with its Content-Type; a list sends its name for each", Example: `{user: "{{user.name}}", size: [s, m]}`},
	"Request.multipart": {Doc: "values and files that are sent as multipart/form-data", Example: "[{name: note, value: hello}, {name: photo, file: photo.jpg, type: image/jpeg}]"},
	"Request.expect":    {Doc: "which answers are good"},
	"Request.degraded":  {Doc: "a good answer that served less: it counts as ok, and is counted as degraded"},

	"Visit.name":        {Doc: "how reports speak of it", Required: true, Pattern: `^[^\s` + unseen + `]([^` + unseen + `]*[^\s` + unseen + `])?$`, Most: maxName, Example: "buy"},
	"Visit.weight":      {Doc: "its share of the visits, beside the other weights", Default: "1", Most: maxWeight, Example: "3"},
	"Visit.steps":       {Doc: "what the visitor does, one step after the other, with cookies of its own; a step that fails ends the visit", Required: true},
	"Sessions.count":    {Doc: "how many visitors log in", Required: true, Least: 1, Most: maxSessions, Example: "50"},
	"Sessions.steps":    {Doc: "how each logs in; its cookies and what it captures go to the visits that it is lent to", Required: true},
	"Step.name":         {Doc: "how reports speak of it, behind the visit's name: buy/pay", Default: "(method and path)", Example: "pay"},
	"Step.capture":      {Doc: "values of the answer that later steps send as {{name}}; one that is not found ends the visit"},
	"Step.think":        {Doc: "from the answer before it: a duration, evenly drawn from a range {from: 1s, to: 3s}, exponentially {mean: 2s}, or lognormally {median: 2s, p95: 10s}", Example: "2s"},
	"Capture.name":      {Doc: "how later steps send it: {{csrf}}", Required: true, Pattern: captureName.String(), Not: "^(" + strings.Join(ownWords, "|") + ")$", Most: maxName, Example: "csrf"},
	"Capture.html":      {Doc: "a CSS selector; the first element that it finds has the value", Example: `"input[name=_token]"`},
	"Capture.attribute": {Doc: "the element's attribute that is the value", Default: "(its text)", Example: "value"},
	"Capture.regexp":    {Doc: "a regular expression (RE2) over the body: its first group is the value, or all that it matches", Example: `'"token": "([^"]+)"'`},
	"Capture.json":      {Doc: "a JSON pointer into the body (RFC 6901)", Pattern: "^(/([^~]|~[01])*)+$", Example: "/cart/id"},
	"Capture.header":    {Doc: "a header of the answer", Pattern: headerName, Example: "X-CSRF-Token"},
	"Capture.cookie":    {Doc: "a cookie, as the visit has it after the answer", Pattern: headerName, Example: "XSRF-TOKEN"},
	"Capture.url":       {Doc: "a regular expression (RE2) over the address that the answer is from, behind redirects", Example: `"/order/([0-9]+)"`},

	"Data.name":   {Doc: "how placeholders speak of it: {{card.number}}", Required: true, Pattern: dataName.String(), Most: maxName, Example: "card"},
	"Data.file":   {Doc: "its rows: .csv or .tsv with the columns' names in the first line, .jsonl or .ndjson with an object in each line; at most 16 MiB and 1,000,000 rows", Required: true, Pattern: `\.([CcTt][Ss][Vv]|[Jj][Ss][Oo][Nn][Ll]|[Nn][Dd][Jj][Ss][Oo][Nn])$`, Example: "cards.csv"},
	"Data.order":  {Doc: "next: each request of the mix has the next row, and after the last the first; random: any; once: as next, and the run ends after the last", Default: NextRow, Words: []string{NextRow, RandomRow, RowOnce}, Example: RandomRow},
	"Data.secret": {Doc: "columns whose values are hidden wherever they turn up; those with names such as token or password are anyway", Example: "[number]"},

	"Part.name":     {Doc: "the part's name", Required: true, Pattern: `.`, Example: "photo"},
	"Part.value":    {Doc: "text, {env: NAME} or {file: path}", Example: "hello"},
	"Part.file":     {Doc: "instead of value: a file that is sent as it stands", Example: "photo.jpg"},
	"Part.filename": {Doc: "the file's name, as the site is told", Default: "(the file's own)", Example: "me.jpg"},
	"Part.type":     {Doc: "the part's Content-Type", Default: "(application/octet-stream for a file)", Pattern: headerValue, Example: "image/jpeg"},

	"Header.name":        {Doc: "the header's name", Required: true, Pattern: headerName, Not: anyCase(append([]string{"host"}, ownHeaders...)...), Example: "Accept"},
	"Header.value":       {Doc: "text, {env: NAME} or {file: path}", Pattern: headerValue, Example: "text/html"},
	"AnswerHeader.name":  {Doc: "the header's name", Required: true, Pattern: headerName, Not: anyCase(framing...), Example: "Retry-After"},
	"AnswerHeader.value": {Doc: "text, {env: NAME} or {file: path}", Pattern: headerValue, Example: `"5"`},
	"Param.name":         {Doc: "the value's name", Required: true, Pattern: `.`, Example: "preview"},
	"Param.value":        {Doc: "text, {env: NAME} or {file: path}", Example: `"yes"`},

	"Expect.status":       {Least: 100, Most: 599, Doc: "good statuses, or classes of them", Default: "[2xx, 3xx]", Pattern: statusForm.String(), Example: "[200, 3xx]"},
	"Expect.body":         {Doc: "a good answer's body holds this text", Example: "Thank you"},
	"Expect.body_matches": {Doc: "a good answer's body matches this regular expression (RE2)", Example: `"order [0-9]+"`},
	"Match.body":          {Doc: "such an answer's body holds this text", Example: "pay later"},
	"Match.body_matches":  {Doc: "such an answer's body matches this regular expression (RE2)", Example: `"(?i)sorry"`},

	"Dependency.name":     {Doc: "how faults and reports speak of it", Required: true, Pattern: `^[^\s` + unseen + `]([^` + unseen + `]*[^\s` + unseen + `])?$`, Most: maxName, Example: "payments"},
	"Dependency.listen":   {Doc: "where Tailback listens: the address that the site is to call", Pattern: ownAddress, Example: `"127.0.0.1:9901"`},
	"Dependency.upstream": {Doc: "where the calls go on to, the dependency itself", Pattern: hostPort, Example: `"10.0.0.7:3306"`},
	"Dependency.host":     {Doc: "instead of listen: the host and port that the site calls through chaos.egress", Pattern: hostPort, Example: `"api.bank.example:443"`},

	"Chaos.toxiproxy": {Doc: "embedded: within the run; else the URL of a `tailback proxy` or of a plain Toxiproxy server", Default: Embedded, Pattern: "^" + Embedded + "$|" + webAddress, Example: `"http://127.0.0.1:8474"`},
	"Chaos.token":     {Doc: "what the server named by toxiproxy wants of its clients (Authorization: Bearer); if absent, TOXIPROXY_AUTH_TOKEN of the environment", Pattern: "^[!-~]*$", Example: "{env: CHAOS_TOKEN}"},
	"Chaos.egress":    {Doc: "a forward proxy for the site's outgoing calls, by http_proxy and https_proxy"},
	"Egress.listen":   {Doc: "where the egress listens", Pattern: ownAddress, Example: `"127.0.0.1:8888"`},
	"Egress.allow":    {Doc: "networks of clients that may use it; needed beyond loopback", Pattern: `^[0-9A-Fa-f:.]+/[0-9]{1,3}$`, Example: "[10.0.0.0/8]"},
	"Egress.parent":   {Doc: "another proxy that the calls go on through", Pattern: `^[Hh][Tt][Tt][Pp]://[^\s/#?]+/?$`, Example: `"http://proxy.example:3128"`},
	"Egress.no_proxy": {Doc: "hosts that are reached without parent, as in NO_PROXY", Pattern: `^[^\s,]+$`, Example: "[.internal.example]"},

	"Limits.rate":      {Doc: "the most that is sent in a second", Default: "(no ceiling)", Unit: "requests per second", Most: maxRate, Example: "200"},
	"Limits.in_flight": {Doc: "the most that wait for an answer at once", Default: strconv.Itoa(DefaultInFlight), Unit: "requests", Least: 1, Most: maxRate, Example: "2000"},

	"Phase.name":        {Doc: "how objectives and reports speak of it", Required: true, Pattern: `^[^\s:` + unseen + `]([^:` + unseen + `]*[^\s:` + unseen + `])?$`, Most: maxName, Example: "hang"},
	"Phase.duration":    {Doc: "how long it lasts", Required: true, Above: true, Example: "15s"},
	"Phase.rate":        {Doc: "open load, unless a log is replayed, which has its own: arrivals that do not wait for answers; a ramp {from: 0, to: 20}, steps {from: 2, to: 20, step: 2, every: 10s}", Unit: "requests per second", Most: maxRate, Example: "8"},
	"Phase.concurrency": {Doc: "closed load: clients that each wait for their answer", Unit: "clients", Least: 1, Most: maxRate, Example: "64"},
	"Phase.burst":       {Doc: "so many at the phase's start, and nothing more", Unit: "requests", Least: 1, Most: maxRate, Example: "8"},
	"Phase.warmup":      {Doc: "sent and recorded, but left out of every figure", Default: "false", Example: "true"},
	"Phase.faults":      {Doc: "what happens to dependencies meanwhile; each has one kind"},

	"Fault.dependency": {Doc: "the name of the dependency", Required: true, Example: "payments"},
	"Fault.after":      {Doc: "from the phase's start to the fault's", Default: "0s", Example: "2s"},
	"Fault.for":        {Doc: "how long the fault lasts", Default: "(to the phase's end)", Above: true, Example: "10s"},
	"Fault.share":      {Doc: "of connections that it is played on", Default: "1", Most: 1, Above: true, Example: "0.5"},
	"Fault.latency":    {Doc: "answers come later; stepped, {from: 0s, to: 3s, step: 500ms, every: 10s}, it finds the delay at which the site breaks", Example: "{delay: 2s, jitter: 100ms}"},
	"Fault.hang":       {Doc: "connections are accepted, never answered, never closed", Example: "{}"},
	"Fault.reset":      {Doc: "connections end with a RST", Example: "{after: 50ms}"},
	"Fault.close":      {Doc: "connections end with a FIN", Example: "{after: 50ms}"},
	"Fault.down":       {Doc: "connections are refused, open ones end", Example: "{}"},
	"Fault.no_accept":  {Doc: "connecting never completes; open connections go on", Example: "{}"},
	"Fault.bandwidth":  {Doc: "answers trickle, so fast on each connection", Example: "{rate: 100KB/s}"},
	"Fault.slow_close": {Doc: "connections end late", Example: "{delay: 2s}"},
	"Fault.slice":      {Doc: "answers come in small pieces", Example: "{size: 100, delay: 10ms}"},
	"Fault.limit":      {Doc: "answers are cut off", Example: "{bytes: 1KB}"},
	"Fault.http_error": {Doc: "requests in plain HTTP get this answer and do not reach the dependency; TLS cannot be read, and passes", Example: `{status: 429, body: slow down}`},
	"Fault.dns":        {Doc: "through the egress only: the host's name is not found; open connections go on", Example: "{delay: 5s}"},
	"Fault.slow_dial":  {Doc: "through the egress only: connecting takes longer", Example: "{delay: 1s}"},

	"Latency.delay":     {Doc: "so much later; or stepped, {from: 0s, to: 3s, step: 500ms, every: 10s}", Above: true, Example: "2s"},
	"Latency.jitter":    {Doc: "give or take so much, evenly drawn; at most delay", Default: "0s", Example: "100ms"},
	"Latency.direction": {Doc: "downstream: the answers are late; upstream: the requests", Default: Downstream, Words: []string{Downstream, Upstream}, Example: Upstream},
	"Dose.from":         {Doc: "the first of stepped delays, instead of delay", Example: "0s"},
	"Dose.to":           {Doc: "the last of stepped delays; it holds to the fault's end", Example: "3s"},
	"Dose.step":         {Doc: "so much more each time", Above: true, Example: "500ms"},
	"Dose.every":        {Doc: "how long each step lasts", Above: true, Example: "10s"},
	"Reset.after":       {Doc: "from the later of the connection's opening and the fault's start", Default: "0s", Example: "50ms"},
	"Close.after":       {Doc: "from the later of the connection's opening and the fault's start", Default: "0s", Example: "50ms"},
	"Bandwidth.rate":    {Doc: "whole kilobytes a second", Required: true, Least: 1000, Most: float64(maxSize), Example: "100KB/s"},
	"SlowClose.delay":   {Doc: "so much later", Required: true, Above: true, Example: "2s"},
	"Slice.size":        {Doc: "of each piece, about", Required: true, Least: 1, Most: float64(maxSize), Example: "100"},
	"Slice.delay":       {Doc: "between two pieces", Default: "0s", Example: "10ms"},
	"Limit.bytes":       {Doc: "the answer ends after so many bytes", Required: true, Least: 1, Most: float64(maxSize), Example: "1KB"},
	"HTTPError.status":  {Doc: "the answer's status", Default: strconv.Itoa(DefaultStatus), Least: 400, Most: 599, Example: "429"},
	"HTTPError.body":    {Doc: "the answer's body", Example: "slow down"},
	"HTTPError.headers": {Type: "AnswerHeader", Doc: "headers of the answer", Example: `[{name: Retry-After, value: "5"}]`},
	"DNS.delay":         {Doc: "how long each lookup takes before it fails", Default: "0s", Example: "5s"},
	"SlowDial.delay":    {Doc: "before each connect", Required: true, Above: true, Example: "1s"},

	"Site.nginx_error_log":    {Doc: "nginx's error log: why it answered 502 or 504", Example: "{file: /var/log/nginx/error.log}"},
	"Site.nginx_access_log":   {Doc: "nginx's access log: combined, with times, or JSON", Example: `{command: "ssh web1 tail -n0 -F /var/log/nginx/access.log"}`},
	"Site.php_access_log":     {Doc: "php-fpm's access log: how long each request held a worker", Example: "{file: /var/log/php.access.log}"},
	"Site.php_slow_log":       {Doc: "php-fpm's slow log: the call that a worker waits in", Example: "{file: /var/log/php.slow.log}"},
	"Site.php_fpm_status":     {Doc: "php-fpm's status page, best on a socket of its own (pm.status_listen), which speaks FastCGI only", Example: `{url: "http://127.0.0.1:8081/status"}`},
	"Site.php_error_log":      {Doc: "php-fpm's own error log (error_log of php-fpm.conf): workers that ran out, were killed or crashed", Example: "{file: /var/log/php-fpm.log}"},
	"Site.gunicorn_error_log": {Doc: "gunicorn's error log: workers that were killed by its timeout", Example: "{file: /var/log/gunicorn.log}"},
	"Site.apache_error_log":   {Doc: "Apache's error log: workers that ran out, and backends that did not answer", Example: "{file: /var/log/apache2/error.log}"},
	"Source.file":             {Doc: "a file that is followed", Example: "/var/log/nginx/error.log"},
	"Source.command":          {Doc: "a command whose output is followed; it gets the environment, so write secrets as $NAME", Example: `"ssh web1 tail -n0 -F /var/log/nginx/error.log"`},
	"Access.file":             {Doc: "a file that is followed", Example: "/var/log/php.access.log"},
	"Access.command":          {Doc: "a command whose output is followed; it gets the environment, so write secrets as $NAME", Example: `"docker exec php tail -n0 -F /var/log/access.log"`},
	"Access.format":           {Doc: "the pool's access.format, as in php-fpm's configuration", Default: "(the usual forms are recognised)", Example: `'%t "%m %r" %s %d %C'`},
	"Status.url":              {Doc: "the page's address, by HTTP or FastCGI (fcgi://HOST:PORT/PATH, unix:SOCKET:/PATH)", Pattern: webAddress + "|^fcgi://.+|^unix:/.+", Example: "unix:/run/php/status.sock"},
	"Status.every":            {Doc: "how often it is read", Default: DurationText(DefaultEvery), Above: true, Example: "2s"},

	"Capacity.from":      {Doc: "the lowest rate to try", Required: true, Unit: "requests per second", Above: true, Most: maxRate, Example: "1"},
	"Capacity.to":        {Doc: "the highest rate to try", Required: true, Unit: "requests per second", Above: true, Most: maxRate, Example: "200"},
	"Capacity.objective": {Form: FormObjective, Doc: `what must hold at a rate, "[request] metric op value", several with commas between`, Required: true, Example: `"errors < 1%, p95 < 1s"`},
	"Capacity.faults":    {Doc: "faults under which the highest rate is looked for as well; without after and for"},
	"Audit.rate":         {Doc: "while a dependency hangs", Required: true, Unit: "requests per second", Above: true, Most: maxRate, Example: "8"},
	"Audit.horizon":      {Doc: "how long each is hung; a longer timeout is not seen", Required: true, Above: true, Example: "30s"},
}

// Characters within square brackets of a pattern: those that control, and
// besides those that leave no mark or change the direction of a line.
const (
	control = `\x00-\x1f\x7f-\x9f`
	unseen  = control + "\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff"
)

// inBraces is a placeholder, which may hold spaces.
const inBraces = `\{\{(\s*"[^"\n]*"\s*|[^{}\n]*)\}\}`

// HeaderLine is a header of a request as one text, and OwnHeaderLine what it must not be.
var (
	HeaderLine    = strings.TrimSuffix(headerName, "$") + `[ \t]*:` + strings.TrimPrefix(headerValue, "^")
	OwnHeaderLine = strings.TrimSuffix(anyCase(append([]string{"host"}, ownHeaders...)...), "$") + `[ \t]*:`
)

// What stands in a header (RFC 9110, 5.1 and 5.5).
const (
	headerName  = "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$"
	headerValue = `^[^\x00-\x08\x0a-\x1f\x7f]*$`
)
