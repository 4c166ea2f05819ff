package main

type duCmd struct {
	Names []string `arg:"" optional:"" name:"repo" help:"Repositories; globs, in which ** spans slashes. The others are one row."`
	By    string   `enum:"repo,tag,layer" default:"repo" placeholder:"WHAT" help:"A row for each of: ${enum} (${default})."`
	Sort  string   `enum:"size,exclusive,shared,reclaimable,name" default:"size" placeholder:"KEY" help:"Order: ${enum} (${default})."`
	Top   *int     `placeholder:"N" help:"Show the first N rows and make one of the others, 0 for all; all repositories, and 20 tags or layers, unless given."`
	Ncdu  bool     `help:"Write the tree on stdout in ncdu's format, which ncdu -f - and gdu -f - open."`
	HTML  filename `name:"html" placeholder:"FILE" help:"Write one HTML page that needs nothing else, with a picture and tables, instead of the table. - is stdout."`
}

// Help is what the command's help ends with.
func (duCmd) Help() string {
	return `It only reads, and runs beside a live registry. Sizes are those on disk, each file
once, and add up to what du -s says of the tree.

SIZE is EXCLUSIVE, which goes with that row and nothing else, and RECLAIMABLE, which
a sweep frees now. SHARED is what the row needs besides and others keep as well: it
goes when the last of them does. Signatures and the like count with their image.

Examples:
  # who takes the space, and what would a sweep free
  regjanitor du

  # the tags of which the removal frees most
  regjanitor du --by tag --top 50

  # one team's repositories
  regjanitor du 'team/**' --sort shared

  # walk through it all
  regjanitor du --ncdu | ncdu -f -

  # a page to look at in a browser, or to send to those who fill the disk
  regjanitor du --html space.html`
}
