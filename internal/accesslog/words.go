package accesslog

import "bytes"

// words reads a line of words: what is in brackets is the time, the first in
// quotes that is a request is the request, and the next numbers behind it are
// its status, without which it is none, and how many bytes were sent. So it reads
//
//	$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" ...
//
// with other fields before and behind: times with a name (rt=0.101), or seconds
// with three decimals, as nginx writes all of them.
func (p *Parser) words(text []byte) {
	var quoted []byte // the last in quotes, while no request was read
	for len(text) > 0 {
		switch text[0] {
		case ' ', '\t':
			text = text[1:]
		case '[':
			if i := bytes.IndexByte(text, ']'); i > 0 && p.at(text[1:i]) {
				text = text[i+1:]
			} else {
				text = text[1:]
			}
		case '"':
			var inner []byte
			inner, text = inQuotes(text)
			if !p.asked && p.line.Method == nil {
				if quoted = inner; p.request(inner) {
					p.asked = true
				}
			}
		default:
			end := wordEnd(text)
			p.word(text[:end], quoted != nil)
			text = text[end:]
		}
	}
	p.asked = p.asked || quoted != nil
	if p.line.Status == 0 { // cut off, or of another log
		p.asked, p.line.Method = false, nil
	}
}

// inQuotes cuts off what is between quotes, in which a backslash keeps the next
// byte from ending it.
func inQuotes(text []byte) (inner, rest []byte) {
	for i := 1; i < len(text); {
		end := bytes.IndexByte(text[i:], '"')
		if end < 0 {
			break
		}
		i += end
		slashes := 0
		for text[i-1-slashes] == '\\' {
			slashes++
		}
		if slashes%2 == 0 {
			return text[1:i], text[i+1:]
		}
		i++
	}
	return text[1:], nil
}

// wordEnd returns where the word ends with which text begins; what is in quotes
// behind an equals sign belongs to it.
func wordEnd(text []byte) int {
	for i, c := range text {
		if c == '"' && i > 0 && text[i-1] == '=' {
			_, rest := inQuotes(text[i:])
			return len(text) - len(rest)
		}
		if c == ' ' || c == '\t' {
			return i
		}
	}
	return len(text)
}

// word reads a word that is not in quotes.
func (p *Parser) word(text []byte, behind bool) {
	if i := bytes.IndexByte(text, '='); i > 0 {
		p.named(text[:i], trimQuotes(text[i+1:]))
		return
	}
	switch {
	case text[0] < '0' || text[0] > '9':
	case behind && p.line.Status == 0 && len(text) == 3:
		p.status(text)
	case behind && p.line.Status != 0 && p.line.Bytes < 0 && digits(text):
		p.size(text)
	case threeDecimals(text): // the request's own is the longest: it holds those of its upstreams
		if !p.told {
			before := p.line.Took
			p.took(text, 1e9)
			p.line.Took = max(p.line.Took, before)
		}
	case !p.timed || p.line.Whole:
		p.at(text)
	}
}

func trimQuotes(text []byte) []byte {
	if len(text) >= 2 && text[0] == '"' && text[len(text)-1] == '"' {
		return text[1 : len(text)-1]
	}
	return text
}

func digits(text []byte) bool {
	for _, c := range text {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(text) > 0
}

// threeDecimals reports whether text is a time in seconds as nginx writes one,
// and no $msec, which has ten digits before the point.
func threeDecimals(text []byte) bool {
	n := len(text)
	return n >= 5 && n <= 11 && text[n-4] == '.' && digits(text[:n-4]) && digits(text[n-3:])
}
