package staging_test

import (
	"flag"
	"testing"

	"go.uber.org/goleak"
)

// Sites under test sleep far more than they compute: twenty rows run side by
// side however few processors there are.
func TestMain(m *testing.M) {
	flag.Parse()
	flag.Set("test.parallel", "20")
	goleak.VerifyTestMain(m)
}
