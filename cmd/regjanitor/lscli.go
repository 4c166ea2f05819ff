package main

type lsCmd struct {
	Names    []string `arg:"" optional:"" name:"ref" help:"REPO, REPO:TAG or REPO@DIGEST; REPO and TAG may be globs."`
	Digests  bool     `help:"Show digests in full."`
	Untagged bool     `help:"Show untagged manifests too."`
	Sort     string   `enum:"name,size,pushed" default:"name" placeholder:"KEY" help:"Order: ${enum} (${default}); the largest and the latest come first."`
}

// Help is what the command's help ends with.
func (lsCmd) Help() string {
	return `It only reads, and runs beside a live registry. SIZE is that of what the tags need;
what repositories or tags share counts for each of them. UNTAGGED are the manifests
that no tag needs; what is about one that a tag needs is not counted. In globs *
stays between slashes, ** does not.

Signatures, attestations, SBOMs and the like are counted at the image that they are
about; with -v they are listed beneath it, and where it is not there, or where they
are named, like all others. -q prints names alone, as other commands take them.

Examples:
  regjanitor ls
  regjanitor ls team/app
  regjanitor ls team/app:v1 --digests

  # the tags of all repositories below team; quote globs
  regjanitor ls 'team/**' --sort size
  regjanitor ls 'ci/**:pr-*'

  # with what no tag needs, and a sweep removes
  regjanitor ls team/app --untagged

  # for scripts
  regjanitor ls -q team/app
  regjanitor ls --json app | jq -r '.tags[] | select(.bytes > 1e9) | .tag'`
}
