package campaign

import (
	"hash/fnv"

	"github.com/tailback/tailback/configs"
)

// apart gives one run of a campaign a seed of its own, made from its name, where
// requests have values that are drawn: a site that knows the UUIDs of the run before
// would answer from what it remembers.
func apart(exp *configs.Experiment, name string) {
	if exp.Draws() {
		h := fnv.New64a()
		_, _ = h.Write([]byte(name)) // never fails
		exp.Seed ^= h.Sum64() >> 12  // which leaves a number that every reader of JSON takes whole
	}
}
