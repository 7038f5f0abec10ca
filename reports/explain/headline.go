package explain

import (
	"cmp"
	"slices"

	"github.com/tailback/tailback/reports/words"
)

// maxHeadline is how many sentences a headline has at most.
const maxHeadline = 3

// rank is what a sentence is for a reader who has time for three.
type rank int

// The ranks, those first that a headline has rather than the others: what happened,
// what would help, why it happened, and the rest.
const (
	happened rank = iota
	helps
	because
	besides
)

// sentence is one of a summary, without its capital and its full stop.
type sentence struct {
	text string
	rank rank
}

// ranked makes sentences of one rank.
func ranked(r rank, texts ...string) []sentence {
	var list []sentence
	for _, text := range texts {
		list = append(list, sentence{text, r})
	}
	return list
}

// parted chooses the sentences of a headline, and leaves the others: each in the
// order in which they are told.
func parted(all []sentence) (headline string, others []string) {
	order := make([]int, len(all))
	for i := range all {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(all[i].rank, all[j].rank) })
	order = order[:min(len(all), maxHeadline)]
	var chosen []string
	others = []string{}
	for i, s := range all {
		if slices.Contains(order, i) {
			chosen = append(chosen, s.text)
		} else {
			others = append(others, words.Sentence(s.text))
		}
	}
	return words.Sentence(words.Sentences(chosen)), others
}
