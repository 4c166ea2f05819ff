package main

type repairCmd struct {
	Names           []string `arg:"" optional:"" name:"repo" help:"Only these repositories; globs."`
	From            filename `placeholder:"ROOT" help:"Take what is missing or corrupt from this other tree, a backup say, as far as it hashes there."`
	TagsFromHistory bool     `help:"Point a tag whose link is empty or garbled to the last entry of its history."`
	DryRun          bool     `short:"n" env:"REGJANITOR_DRY_RUN" help:"Show what would be repaired, and change nothing."`
	Yes             bool     `short:"y" help:"Do not ask."`
	AllowMounts     bool     `help:"The tree may span file systems."`
	RegistryStopped bool     `help:"Your word that no registry out of sight, as on another machine, uses this tree."`
}

// Help is what the command's help ends with.
func (repairCmd) Help() string {
	return `Run it while the registry is stopped or read-only; -n beside a live one. It reads
all data that tags need. Links are written again where their path and a blob that
hashes prove what they said; missing ones only where a tagged manifest needs them.
Data that does not hash to its digest is read twice and then moved to the trash, so
that pushing the image again heals it. Tags and images that were deleted do not come
back; what a tag still points to, or its index lists, is linked again.

--tags-from-history believes the times of a history where its last entry is newer by
a minute than the rest: a copy that does not keep times has written them all at once.

What cannot be repaired is named, each with what helps, and the exit code is 3.

Examples:
  # what is broken, and what would be done about it
  regjanitor repair -n

  # one repository, with the help of a backup
  regjanitor repair --from /backup/registry team/app

  # after a full disk that emptied the links of tags too
  regjanitor repair --tags-from-history`
}
