package configs

import (
	"embed"
	"io/fs"
)

//go:embed *.yaml
var shipped embed.FS

// Shipped holds the experiments that come with tailback, as commented YAML
// files to copy: pre-release, nightly, verify-timeouts and demo.
func Shipped() fs.FS { return shipped }
