package main

type retentionCmd struct {
	Check   retentionCheckCmd   `cmd:"" help:"Check a policy, and say what it means."`
	Explain retentionExplainCmd `cmd:"" help:"Show for every tag whether a sweep keeps it, and why."`
}

// Help is what the help of the commands for policies ends with.
func (retentionCmd) Help() string {
	return `A policy says which tags go; retention check --help has its keys. Neither command
changes anything: sweep -p does.

Examples:
  regjanitor retention check policy.yaml
  regjanitor retention explain -p policy.yaml
  regjanitor sweep -n -p policy.yaml`
}

type retentionCheckCmd struct {
	File filename `arg:"" help:"The policy."`
}

// Help is what the command's help ends with.
func (retentionCheckCmd) Help() string {
	return `A policy says which tags go. It is YAML:

  version: 1
  rules:
  - name: ci                  # required; a tag belongs to the first rule that
    repositories: ["ci/**"]   # matches it, and what none matches stays; both
    tags: ["pr-*"]            # may be left out: then they match all
    protect: ["pr-demo-*"]    # these stay, and are not counted
    order: pushed             # or semver: the greatest versions, by suffix
    age: pushed               # or created: when the image was built
    keep_last: 10             # a tag goes when none of these keeps it; they
    keep_within: 14d          # count by repository, and one of them has to be
    keep_daily: 7             # there
    keep_weekly: 4
    keep_monthly: 6
    keep_min: 1               # so many tags stay in the repository; 0 has to
                              # be written out if it may end up empty
    trust_mtime: false        # true: equal times do not mean a careless copy

Signatures and other things about an image are not judged: they go with it.

Examples:
  regjanitor retention check policy.yaml`
}

type retentionExplainCmd struct {
	Policy filename `short:"p" required:"" placeholder:"FILE" env:"REGJANITOR_POLICY" help:"The policy."`
	Repo   []string `sep:"none" placeholder:"GLOB" env:"REGJANITOR_REPO" help:"Only these repositories; ** spans slashes."`
	Now    instant  `placeholder:"T" help:"As if it were this time, as in 2026-11-22 or 2026-11-22T03:00:00Z."`
	Sort   string   `enum:"name, age, verdict, rule" default:"name" placeholder:"KEY" help:"Order: ${enum} (${default})."`
}

// Help is what the command's help ends with.
func (retentionExplainCmd) Help() string {
	return `It only reads, and runs beside a live registry. The verdicts are those of
regjanitor sweep with the same policy, which takes them into account at the same
time.

Examples:
  regjanitor retention explain -p policy.yaml
  regjanitor retention explain -p policy.yaml --repo 'ci/**' --sort verdict
  regjanitor retention explain -p policy.yaml --now 2027-01-01`
}
