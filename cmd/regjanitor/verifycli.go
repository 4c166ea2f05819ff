package main

type verifyCmd struct {
	Names          []string `arg:"" optional:"" name:"repo" help:"Only these repositories, or globs."`
	ReadData       bool     `env:"REGJANITOR_READ_DATA" help:"Read all the data that tags need, and hash it."`
	ReadDataSubset share    `name:"read-data-subset" placeholder:"N/T" env:"REGJANITOR_READ_DATA_SUBSET" help:"Read only part N of T, or P%, another part every day."`
	BWLimit        rate     `name:"bwlimit" placeholder:"RATE" env:"REGJANITOR_BWLIMIT" help:"Read no more than this a second, as in 50M."`
}

// Help is what the command's help ends with.
func (verifyCmd) Help() string {
	return `It goes through the tree as a registry does when somebody pulls: every link, whether
each blob is there and is as large as its manifest says, and every manifest's hash.
--read-data hashes all else as well: nothing less finds data that has rotted. It only
reads, and runs beside a live registry or on a read-only copy of the tree.

Exit code 4 means damage: what is damaged, which tags need it and what heals it. What
may rightly be absent (platforms of an index that were never copied, layers with
URLs, what a pull-through cache has not fetched) is told with -v.

A subset N/T is always the same blobs, and 1/T to T/T are all; 0/T is T/T. P% is one
of so many equal parts as it takes to be no more than P, by the day in UTC: all is
read within so many days.

Examples:
  # after a restore, before the registry goes back to work
  regjanitor verify --read-data

  # every night a seventh of the data, from cron (where % is written \%)
  regjanitor verify -q --read-data-subset $(date +%u)/7 --bwlimit 50M

  # some repositories
  regjanitor verify team/app 'ci/**'`
}
