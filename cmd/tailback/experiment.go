package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tailback/tailback/configs"
)

// overrides are the flags that change what an experiment file says.
type overrides struct {
	set    []string
	target string
	seed   string
}

func (o *overrides) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&o.set, "set", nil, "override one key of the file, as in --set target.timeout=10s (repeatable; lists can't be set)")
	cmd.Flags().StringVar(&o.target, "target", "", "override target.url")
	cmd.Flags().StringVar(&o.seed, "seed", "", "override seed")
}

// load reads the experiment file with the overrides in.
func (o *overrides) load(path string) (*configs.Experiment, error) {
	set := map[string]string{}
	for _, kv := range o.set {
		key, value, ok := strings.Cut(kv, "=")
		if !ok {
			return nil, usage(fmt.Errorf("read --set %q: no '='; write it like --set target.timeout=10s", kv))
		}
		set[key] = value
	}
	if o.target != "" {
		set["target.url"] = o.target
	}
	if o.seed != "" {
		set["seed"] = o.seed
	}
	for key, value := range set {
		if variable := configs.SecretOverride(key, value); variable != "" {
			return nil, usage(fmt.Errorf("override %s: the value holds a secret, and the command line is in the list of processes; set %s in the environment instead", key, variable))
		}
	}
	exp, err := configs.Load(path, set)
	if err != nil {
		return nil, usage(err)
	}
	return exp, nil
}
