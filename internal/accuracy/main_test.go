package accuracy

import (
	"flag"
	"os"
	"testing"
)

// Sites under test sleep far more than they compute: many of them run side by
// side however few processors there are.
func TestMain(m *testing.M) {
	flag.Parse()
	flag.Set("test.parallel", "16")
	os.Exit(m.Run())
}
