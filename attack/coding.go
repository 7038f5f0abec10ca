package attack

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"net/http"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

const (
	// maxCodings is how many codings are taken off a body, one after the other.
	maxCodings = 3
	// zstdWindow bounds what a body in zstd makes its reader keep, in bytes (RFC 9659).
	zstdWindow = 8 << 20
)

// codings are those of a body, in the order in which they were put on (RFC 9110, 8.4).
func codings(h http.Header) (list []string) {
	for _, line := range h.Values("Content-Encoding") {
		for name := range strings.SplitSeq(line, ",") {
			if name = strings.ToLower(strings.TrimSpace(name)); name != "" && name != "identity" {
				list = append(list, name)
			}
		}
	}
	return list
}

// decode takes the codings off the first bytes of a body, and returns at most that
// many of what is under them, so that a small body that unpacks to a huge one
// costs no more than any. left is the coding that could not be taken off; the body
// is then as it came.
func decode(body []byte, list []string, most int) (text []byte, left string) {
	if len(list) == 0 || len(body) == 0 {
		return body[:min(len(body), most)], ""
	}
	if len(list) > maxCodings {
		return body[:min(len(body), most)], strings.Join(list, ", ")
	}
	var r io.Reader = bytes.NewReader(body)
	for i := len(list) - 1; i >= 0; i-- {
		one, closes, ok := decoder(list[i], r)
		if !ok {
			return body[:min(len(body), most)], list[i]
		}
		if closes != nil {
			defer closes()
		}
		r = one
	}
	text, err := io.ReadAll(io.LimitReader(r, int64(most)))
	if err != nil && len(text) == 0 { // a body of which only the first is here ends in an error as well
		return body[:min(len(body), most)], strings.Join(list, ", ")
	}
	return text, ""
}

// decoder returns what reads a coding, and what ends that, if anything does.
func decoder(coding string, r io.Reader) (one io.Reader, closes func(), ok bool) {
	switch coding {
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(r)
		return z, nil, err == nil
	case "deflate":
		return inflate(r), nil, true
	case "br":
		return brotli.NewReader(r), nil, true
	case "zstd":
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(zstdWindow))
		if err != nil {
			return nil, nil, false
		}
		return z, z.Close, true
	}
	return nil, nil, false
}

// inflate reads deflate as it should be, within zlib's head (RFC 9110, 8.4.1.2),
// or as some servers send it, without.
func inflate(r io.Reader) io.Reader {
	ahead := bufio.NewReader(r)
	head, _ := ahead.Peek(2)
	if len(head) == 2 && head[0]&0x0f == 8 && (int(head[0])<<8|int(head[1]))%31 == 0 {
		if z, err := zlib.NewReader(ahead); err == nil {
			return z
		}
	}
	return flate.NewReader(ahead)
}
