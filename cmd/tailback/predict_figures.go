package main

import (
	"slices"

	"github.com/spf13/pflag"

	"github.com/tailback/tailback/reports"
)

// figuresOf lists what the model was given: from a run, by flag, or by default.
func figuresOf(flags *pflag.FlagSet, origins []reports.Figure) []reports.Figure {
	list := []reports.Figure{}
	for _, name := range []string{"workers", "queue", "network", "service", "share", "hang", "delay", "timeout", "gateway-timeout", "rate", "arrivals"} {
		if i := slices.IndexFunc(origins, func(o reports.Figure) bool { return o.Flag == name }); i >= 0 {
			list = append(list, origins[i])
			continue
		}
		f := flags.Lookup(name)
		value := f.Value.String()
		switch {
		case value == "" || value == "false":
		case name == "hang":
			list = append(list, reports.Figure{Flag: name, From: "given"})
		case f.Changed:
			list = append(list, reports.Figure{Flag: name, Value: value, From: "given"})
		default:
			list = append(list, reports.Figure{Flag: name, Value: value, From: "assumed, as it was not given"})
		}
	}
	return list
}
