// Package traffic writes an experiment from what people have of their traffic: access
// logs, what a browser recorded, the targets of Vegeta, a description of an API, and
// command lines of curl. What is secret in these becomes a variable's name.
package traffic

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
)

// Options say how something is read. The zero Options let everything be found out.
type Options struct {
	Name        string // of what is read, as messages and the file call it
	Kind        Kind   // "" to tell it by the content
	URL         string // of the staging site; "" for what the source says
	KeepQueries bool   // write the values of an access log's queries as they are
	Top         int    // requests of an access log that are written; 0 for DefaultTop
	Folder      string // where the experiment will lie; "" for the current one
}

// ahead is how much is looked at to tell the kind.
const ahead = 64 << 10

// Read reads all of in, which may be compressed by gzip, and says what experiment it
// makes. Memory is bounded whatever the length of a log or a recording.
func Read(in io.Reader, o Options) (*Draft, error) {
	buffered := bufio.NewReaderSize(in, ahead)
	if start, _ := buffered.Peek(2); bytes.Equal(start, []byte{0x1f, 0x8b}) {
		plain, err := gzip.NewReader(buffered)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", o.Name, err)
		}
		buffered = bufio.NewReaderSize(plain, ahead)
	}
	start, err := buffered.Peek(ahead)
	if err != nil && err != io.EOF {
		return nil, fmt.Errorf("read %s: %w", o.Name, err)
	}
	if len(bytes.TrimSpace(start)) == 0 {
		return nil, fmt.Errorf("read %s: it is empty", o.Name)
	}
	if o.Kind == "" {
		if o.Kind, err = recognise(start); err != nil {
			return nil, fmt.Errorf("read %s: %w", o.Name, err)
		}
	}
	return o.Kind.read(buffered, o)
}

func (k Kind) read(in io.Reader, o Options) (*Draft, error) {
	switch k {
	case Nginx, Apache:
		return fromAccessLog(in, o)
	case Vegeta:
		return fromVegeta(in, o)
	case OpenAPI:
		return fromOpenAPI(in, o)
	case Curl:
		return fromCurl(in, o)
	case HAR:
		return fromHAR(in, o)
	}
	return nil, fmt.Errorf("read %s: there is no kind %q; there are %s", o.Name, k, kindList())
}
