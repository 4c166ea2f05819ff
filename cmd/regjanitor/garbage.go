package main

import (
	"cmp"
	"context"

	"github.com/alecthomas/kong"
)

// Run sweeps the tree of a registry's configuration.
func (c *garbageCollectCmd) Run(ctx context.Context, s *session, line *kong.Context) error {
	for _, given := range line.Path {
		if f := given.Flag; f != nil && (f.Name == "root" || f.Name == "registry-config") {
			return usagef("--%s: garbage-collect takes the root from its argument alone; leave the flag out, or run sweep", f.Name)
		}
	}
	s.Root, s.RegistryConfig = "", cmp.Or(c.Config, filename(s.getenv("REGISTRY_CONFIGURATION_PATH")))
	if s.RegistryConfig == "" {
		return usagef("no configuration is named: name the registry's config.yml")
	}
	sweep, err := sweepAsTheEnvironmentSays()
	if err != nil {
		return usageError{err, "see regjanitor sweep --help"}
	}
	sweep.DryRun, sweep.Yes = c.DryRun, true
	sweep.KeepUntagged = !c.DeleteUntagged
	sweep.Policy, sweep.OrphanedReferrers = "", false // a collector removes no tags
	sweep.AllowMounts, sweep.RegistryStopped = c.AllowMounts, c.RegistryStopped
	return sweep.Run(ctx, s)
}

// sweepAsTheEnvironmentSays is a sweep without a flag: what its variables ask to
// keep, no other command line may take.
func sweepAsTheEnvironmentSays() (*sweepCmd, error) {
	var c sweepCmd
	parser, err := kong.New(&c)
	if err == nil {
		_, err = parser.Parse(nil)
	}
	return &c, err
}
