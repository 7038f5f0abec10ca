package configs

import "slices"

// stepKeys are those of a stepped delay.
var stepKeys = []string{"from", "to", "step", "every"}

// unfoldLatencies writes out a short form: latency: {from: 0s, to: 3s, step:
// 500ms, every: 10s} stands for the same under delay. It returns the mistakes
// of those that have both.
func (n *node) unfoldLatencies(path string) (found Mistakes) {
	for _, f := range n.fields {
		at := join(path, f.key)
		if f.key == "latency" && f.node.kind == mapping {
			found = append(found, f.node.unfoldLatency(at)...)
		}
		found = append(found, f.node.unfoldLatencies(at)...)
	}
	for i, item := range n.items {
		found = append(found, item.unfoldLatencies(element(path, i))...)
	}
	return found
}

func (n *node) unfoldLatency(path string) Mistakes {
	var steps, others []field
	for _, f := range n.fields {
		if slices.Contains(stepKeys, f.key) {
			steps = append(steps, f)
		} else {
			others = append(others, f)
		}
	}
	if len(steps) == 0 {
		return nil
	}
	delay := n.get("delay")
	n.fields = others
	if delay != nil {
		return Mistakes{{Line: steps[0].node.line, Path: path, Text: "has delay and " + steps[0].key + "; write either a delay, or from, to, step and every"}}
	}
	n.fields = append(n.fields, field{"delay", &node{line: steps[0].node.line, kind: mapping, fields: steps}})
	return nil
}
