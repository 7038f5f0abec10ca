package configs

import (
	"fmt"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
)

// Piece is a part of a text that requests send: a text that is the same in each
// of them, or a placeholder, {{...}}, for a value that is not.
type Piece struct {
	Kind   PieceKind
	Text   string // of Plain, as it is sent
	Data   string // of Column: the name of the data
	Column string
	Low    int64 // of Random: the least and the highest number
	High   int64
	Escape Escape // of a placeholder: how its value is written where it stands
}

// PieceKind says what a piece stands for.
type PieceKind string

// The kinds of piece.
const (
	Plain    PieceKind = ""         // Text
	Column   PieceKind = "column"   // {{card.number}}: a value of the request's row
	UUID     PieceKind = "uuid"     // {{uuid}}: one of version 4, drawn for the request
	Seq      PieceKind = "seq"      // {{seq}}: the request's number, as seq in the bundle
	Random   PieceKind = "random"   // {{random 1 1000}}: a whole number, drawn for each place
	Now      PieceKind = "now"      // {{now}}: when the request is sent, RFC 3339 with milliseconds, UTC
	Captured PieceKind = "captured" // {{csrf}}: what a step before took from its answer; Text is the name
	NowUnix  PieceKind = "unix"     // {{now unix}}: the same in whole seconds since 1970
	// quoted is {{"any text"}}, and fromEnv {{env NAME}}: both are plain once escaped.
	quoted  PieceKind = "quoted"
	fromEnv PieceKind = "env"
)

var (
	placeholderForm = regexp.MustCompile(`\{\{((?:\s*"[^"\n]*"\s*)|[^{}\n]*)\}\}`)
	dollarForm      = regexp.MustCompile(`\$\{[^{}\n]*\}`)
	simpleWords     = regexp.MustCompile(`^[\w $.-]{1,40}$`)
	columnForm      = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_-]*)\.(.+)$`)
)

// Pieces takes a text apart at its placeholders. The errors say what would be sent
// as it stands and is most likely not meant so; they never hold a secret.
func Pieces(text string) (pieces []Piece, wrong []string) {
	end := 0
	for _, at := range placeholderForm.FindAllStringSubmatchIndex(text, -1) {
		pieces, wrong = plainPiece(pieces, wrong, text[end:at[0]])
		p, problem := placeholder(strings.TrimSpace(text[at[2]:at[3]]))
		if problem != "" {
			wrong = append(wrong, problem)
		}
		pieces, end = append(pieces, p), at[1]
	}
	return plainPiece(pieces, wrong, text[end:])
}

// plainPiece appends a text between placeholders, which must not look like one.
func plainPiece(pieces []Piece, wrong []string, text string) ([]Piece, []string) {
	if strings.Contains(text, "{{") {
		wrong = append(wrong, `holds {{ without a placeholder behind it, which would be sent as it stands; for the text itself write {{"{{"}}`)
	}
	if found := dollarForm.FindString(text); found != "" {
		name := strings.Trim(found, "${}")
		if variableName.MatchString(name) {
			wrong = append(wrong, fmt.Sprintf(`holds ${%s}, which would be sent as it stands; for the environment's variable write {{env %s}}, for the text itself {{"${%s}"}}`, name, name, name))
		} else {
			wrong = append(wrong, `holds ${...}, which would be sent as it stands; placeholders are written {{...}}, the text itself {{"${...}"}}`)
		}
	}
	if text != "" {
		pieces = append(pieces, Piece{Text: text})
	}
	return pieces, wrong
}

// placeholderForms are those that there are, for messages.
const placeholderForms = `{{card.number}} (of data), {{uuid}}, {{seq}}, {{random 1 1000}}, {{now}}, {{now unix}} and {{env NAME}}`

// placeholder reads what stands between the braces.
func placeholder(text string) (p Piece, problem string) {
	words := strings.Fields(text)
	switch {
	case len(text) > 1 && text[0] == '"' && text[len(text)-1] == '"':
		return Piece{Kind: quoted, Text: text[1 : len(text)-1]}, ""
	case text == "uuid" || text == "seq" || text == "now":
		return Piece{Kind: PieceKind(text)}, ""
	case len(words) == 2 && words[0] == "now" && words[1] == "unix":
		return Piece{Kind: NowUnix}, ""
	case len(words) > 0 && words[0] == "random":
		return random(words[1:])
	case len(words) > 0 && words[0] == "env":
		return environment(words[1:])
	}
	if m := columnForm.FindStringSubmatch(text); m != nil {
		return Piece{Kind: Column, Data: m[1], Column: m[2]}, ""
	}
	if captureName.MatchString(text) {
		return Piece{Kind: Captured, Text: text}, ""
	}
	return Piece{}, unknown(text, nil)
}

// unknown says that the text between two braces is no placeholder. captured are the
// values that there are besides.
func unknown(text string, captured []string) string {
	shown := "{{...}}"
	if simpleWords.MatchString(text) {
		shown = "{{" + text + "}}"
	}
	which := didYouMean(strings.Trim(text, "$ "), append([]string{"uuid", "seq", "random", "now", "env"}, captured...))
	if which == "" {
		which = "; there are "
		for _, name := range captured {
			which += "{{" + name + "}}, "
		}
		which += placeholderForms
	}
	return fmt.Sprintf(`holds %s, which is no placeholder%s For the text itself write {{"%s"}}`, shown, stopped(which), shown)
}

// stopped ends what may end in a question mark.
func stopped(text string) string {
	if strings.HasSuffix(text, "?") {
		return text
	}
	return text + "."
}

func random(bounds []string) (p Piece, problem string) {
	if len(bounds) == 2 {
		low, errLow := strconv.ParseInt(bounds[0], 10, 64)
		high, errHigh := strconv.ParseInt(bounds[1], 10, 64)
		if errLow == nil && errHigh == nil && low <= high {
			return Piece{Kind: Random, Low: low, High: high}, ""
		}
	}
	return Piece{}, "holds a {{random}} that needs its least and its highest whole number, such as {{random 1 1000}}"
}

func environment(names []string) (p Piece, problem string) {
	if len(names) != 1 || !variableName.MatchString(names[0]) {
		return Piece{}, "holds an {{env}} that needs the name of an environment variable, such as {{env STAGING_TOKEN}}"
	}
	if p = (Piece{Kind: fromEnv, Text: trimNewline(os.Getenv(names[0]))}); p.Text == "" {
		problem = fmt.Sprintf("holds {{env %s}}: the environment variable %s is not set, or empty", names[0], names[0])
	}
	return p, problem
}

// Escape says how a placeholder's value is written where it stands.
type Escape uint8

// The places of a placeholder.
const (
	AsIs    Escape = iota // in headers, multipart and bodies that are neither JSON nor a form
	InPath                // between two slashes of a path: a slash in it is %2F
	InQuery               // in a query or a form
	InJSON                // within the quotes of a JSON text
)

// Value is the value as it is written there.
func (e Escape) Value(value string) string {
	switch e {
	case InPath:
		return url.PathEscape(value)
	case InQuery:
		return url.QueryEscape(value)
	case InJSON:
		return jsonInner(value)
	}
	return value
}

// escaped returns pieces as they are sent in a place: what is the same in each
// request is plain, and one piece.
func escaped(pieces []Piece, as Escape) []Piece {
	var all []Piece
	for _, p := range pieces {
		switch p.Kind {
		case Plain:
		case quoted, fromEnv:
			p = Piece{Text: as.Value(p.Text)}
		default:
			p.Escape = as
		}
		all = appendPieces(all, p)
	}
	return all
}

// asValue is escaped for pieces whose plain text is not yet as it is sent, either.
func asValue(pieces []Piece, as Escape) []Piece {
	var all []Piece
	for _, p := range pieces {
		if p.Kind == Plain {
			p.Kind = quoted
		}
		all = append(all, p)
	}
	return escaped(all, as)
}

// appendPieces appends pieces, plain ones to plain ones.
func appendPieces(all []Piece, more ...Piece) []Piece {
	for _, p := range more {
		if n := len(all); n > 0 && p.Kind == Plain && all[n-1].Kind == Plain {
			all[n-1].Text += p.Text
		} else {
			all = append(all, p)
		}
	}
	return all
}

// standIn is the text with "0" in the place of each placeholder.
func standIn(text string) string { return placeholderForm.ReplaceAllString(text, "0") }
