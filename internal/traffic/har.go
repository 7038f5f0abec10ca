package traffic

import (
	"errors"
	"io"
)

func fromHAR(in io.Reader, o Options) (*Draft, error) { return nil, errors.New("not yet") }
