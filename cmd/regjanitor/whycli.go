package main

type whyCmd struct {
	Name    string `arg:"" name:"thing" help:"DIGEST or the first digits of it, REPO, REPO:TAG, REPO@DIGEST, or a path in the tree."`
	Digests bool   `help:"Show digests in full."`
}

// Help is what the command's help ends with.
func (whyCmd) Help() string {
	return `It says which tags keep a thing and through what, the shortest way first, or why
it is garbage, since when, and what a sweep would free. Shown are ten tags and short
digests, with -v all of them in full. It only reads, and runs beside a live registry.

Examples:
  # a blob that takes much space: who needs it?
  regjanitor why sha256:12ab34cd

  # why does a sweep not remove this image?
  regjanitor why team/app@sha256:12ab34cd

  # whatever lies in the tree
  regjanitor why blobs/sha256/12/12ab…/data`
}
