package main

import "regjanitor/internal/age"

// cli is the command line. Names, flags and variables are the contract's.
type cli struct {
	globals `group:"global"`

	Ls        lsCmd        `cmd:"" group:"look" help:"List repositories, or the tags of some."`
	Du        duCmd        `cmd:"" group:"look" help:"Show what takes the space, and what would free it."`
	Verify    verifyCmd    `cmd:"" group:"look" help:"Check whether every tag can be pulled."`
	Why       whyCmd       `cmd:"" group:"look" help:"Say what keeps a blob, an image or a file, or why it is garbage."`
	Retention retentionCmd `cmd:"" group:"policy" help:"Check a retention policy, and show what it does."`

	Sweep sweepCmd `cmd:"" group:"reclaim" help:"Remove everything that no tag needs."`
	Rm    rmCmd    `cmd:"" group:"reclaim" help:"Remove repositories, tags or manifests, with what only they kept."`
	Apply applyCmd `cmd:"" group:"reclaim" help:"Carry out a plan that sweep or rm has saved."`
	Trash trashCmd `cmd:"" group:"reclaim" help:"List, restore or empty what --trash has moved aside."`

	Repair repairCmd `cmd:"" group:"repair" help:"Mend links and blobs, as far as it can be proven how they were."`

	Completion     completionCmd     `cmd:"" group:"other" help:"Print a script for completion in bash, zsh or fish."`
	GarbageCollect garbageCollectCmd `cmd:"" group:"other" help:"Sweep, told by the arguments of the registry's own command."`
}

// Help is what the program's help ends with.
func (cli) Help() string {
	return `Examples:
  # what takes the space, and what would go
  regjanitor du
  regjanitor sweep -n

  # remove it, while the registry is stopped or read-only
  regjanitor sweep

  # remove old tags first, by a policy
  regjanitor retention explain -p policy.yaml
  regjanitor sweep -p policy.yaml

  # can every tag be pulled?
  regjanitor verify

Exit codes:
  0 done, or nothing to do
  1 stopped by an error, a rerun is safe
  2 usage or configuration
  3 finished, but something was kept in doubt, or not removed or mended
  4 verify found damage
  5 refused, nothing was changed
  6 there is something to remove (only with -n --detailed-exitcode)
  7 --deadline came first, the rest is for the next run
  130 interrupted`
}

type globals struct {
	Root           filename    `short:"r" placeholder:"DIR" help:"The storage root (it holds docker/registry/v2), or the v2 directory itself. Else --registry-config, $$REGJANITOR_ROOT, $$REGISTRY_DATA_DIR, $$REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY, /var/lib/registry, /var/lib/docker-registry."`
	RegistryConfig filename    `placeholder:"FILE" env:"REGJANITOR_REGISTRY_CONFIG" help:"The registry's own config.yml, which names the storage root."`
	JSON           bool        `name:"json" env:"REGJANITOR_JSON" help:"Write one JSON document on stdout."`
	Quiet          bool        `short:"q" env:"REGJANITOR_QUIET" help:"Write only the summary line; what needs a person goes to stderr."`
	Verbose        bool        `short:"v" env:"REGJANITOR_VERBOSE" help:"Log each removal on a terminal too, with layer links and directories; fill actions in the JSON."`
	Color          string      `enum:"auto, always, never" default:"auto" placeholder:"WHEN" env:"REGJANITOR_COLOR" help:"Colour: ${enum} (${default})."`
	LogFormat      string      `enum:"text, json" default:"text" placeholder:"FORMAT" env:"REGJANITOR_LOG_FORMAT" help:"Lines on stderr: ${enum} (${default})."`
	Jobs           int         `short:"j" default:"${jobs}" env:"REGJANITOR_JOBS" placeholder:"N" help:"Requests to the disk in flight at once (${default})."`
	MetricsFile    filename    `placeholder:"FILE" env:"REGJANITOR_METRICS_FILE" help:"Write metrics for node_exporter's textfile collector."`
	RetryLock      span        `placeholder:"DUR" env:"REGJANITOR_RETRY_LOCK" help:"Wait this long for another run to end, as in 90m."`
	Version        versionFlag `help:"Print the version."`
}

// changing are the flags of the commands that change the tree.
type changing struct {
	DryRun           bool     `short:"n" env:"REGJANITOR_DRY_RUN" help:"Show what would be removed, and change nothing."`
	DetailedExitcode bool     `env:"REGJANITOR_DETAILED_EXITCODE" help:"With -n: exit 6 if there is something to remove."`
	Plan             filename `short:"o" placeholder:"FILE" help:"Save the plan for apply, and end. - is stdout."`
	Yes              bool     `short:"y" help:"Do not ask."`
	KeepDigests      filename `placeholder:"FILE" env:"REGJANITOR_KEEP_DIGESTS" help:"Keep these manifests too: a digest or [host/]repo@digest a line."`
	MaxDelete        percent  `default:"100%" placeholder:"N%" env:"REGJANITOR_MAX_DELETE" help:"Refuse a plan that removes more than this share of all bytes."`
	Trash            bool     `env:"REGJANITOR_TRASH" help:"Move it to the trash beside the tree instead; trash restore undoes it, trash empty frees the space."`
	Deadline         moment   `placeholder:"DUR" env:"REGJANITOR_DEADLINE" help:"Start no removal when the run has lasted this long, as in 90m; the next run goes on."`
	AllowMounts      bool     `help:"The tree may span file systems."`
	RegistryStopped  bool     `help:"Your word that no registry out of sight, as on another machine, uses this tree."`
}

type sweepCmd struct {
	changing
	Policy            filename `short:"p" placeholder:"FILE" env:"REGJANITOR_POLICY" help:"Remove the tags first that this retention policy drops; retention check --help has its keys."`
	MaxDeleteTags     percent  `default:"100%" placeholder:"N%" env:"REGJANITOR_MAX_DELETE_TAGS" help:"Refuse a plan that removes more than this share of all tags."`
	OrphanedReferrers bool     `env:"REGJANITOR_ORPHANED_REFERRERS" help:"Remove the tags of signatures and the like whose image is gone."`
	KeepUntagged      bool     `env:"REGJANITOR_KEEP_UNTAGGED" help:"Keep revisions without a tag."`
	UntaggedOlderThan age.Age  `default:"0" placeholder:"AGE" env:"REGJANITOR_UNTAGGED_OLDER_THAN" help:"Keep untagged revisions until they have been untagged for this long."`
	Repo              []string `sep:"none" placeholder:"GLOB" env:"REGJANITOR_REPO" help:"Touch only these repositories; ** spans slashes."`
	KeepOrphans       bool     `env:"REGJANITOR_KEEP_ORPHANS" help:"Keep blobs that nothing referred to before this run."`
	KeepUploads       bool     `env:"REGJANITOR_KEEP_UPLOADS" help:"Keep unfinished uploads of any age."`
	UploadsOlderThan  age.Age  `default:"168h" placeholder:"AGE" env:"REGJANITOR_UPLOADS_OLDER_THAN" help:"Remove uploads that nobody has touched for this long (${default})."`
	MinAge            age.Age  `default:"0" placeholder:"AGE" env:"REGJANITOR_MIN_AGE" help:"Keep what is younger than this, or has a younger link to it."`
	AllowEmpty        bool     `help:"Go on where no tag keeps anything, and remove it all."`
}

// Help is what the command's help ends with.
func (sweepCmd) Help() string {
	return `Run it while the registry is stopped or read-only. Ages are 36h, 7d, 1w2d, 1y or 0.

Examples:
  # what would go, and how much space that frees
  regjanitor sweep -n

  # in a maintenance window, from cron
  regjanitor sweep -q --yes \
    --metrics-file /var/lib/node_exporter/regjanitor.prom

  # leave what was pushed or untagged in the last week
  regjanitor sweep --untagged-older-than 7d --min-age 1d

  # remove the tags that a policy drops, with all that only they need
  regjanitor sweep -p policy.yaml --max-delete-tags 50%

  # the first time: so that all of it can be undone
  regjanitor sweep --trash

  # look at a plan, let somebody approve it, carry out exactly that
  regjanitor sweep -o plan.json && regjanitor apply plan.json`
}

type rmCmd struct {
	changing
	Names []string `arg:"" name:"ref" help:"REPO, REPO:TAG or REPO@DIGEST; REPO and TAG may be globs."`
}

// Help is what the command's help ends with.
func (rmCmd) Help() string {
	return `Names are those that regjanitor ls shows, without the registry's host. Other tags
of the same image stay, and so do repositories below the named one. Signatures and
the like go with their image. In globs * stays between slashes, ** does not; what
they come to is shown first. A name that is not there, or a glob that matches
nothing, is an error, and then nothing is removed.

Examples:
  # one tag, and what only it kept
  regjanitor rm team/app:v1.2.3

  # the tags of all merge requests; quote globs, or the shell takes them
  regjanitor rm -n 'ci/**:mr-*'

  # a whole repository; it asks first
  regjanitor rm team/old-app

  # a broken tag, which makes a sweep keep its repository in doubt
  regjanitor rm team/app:broken`
}

type garbageCollectCmd struct {
	Config          filename `arg:"" optional:"" help:"The registry's config.yml, else what REGISTRY_CONFIGURATION_PATH names."`
	DryRun          bool     `short:"d" env:"REGJANITOR_DRY_RUN" help:"Show what would be removed, and change nothing."`
	DeleteUntagged  bool     `short:"m" help:"Remove revisions without a tag too."`
	AllowMounts     bool     `help:"The tree may span file systems."`
	RegistryStopped bool     `help:"Your word that no registry out of sight, as on another machine, uses this tree."`
}

// Help is what the command's help ends with.
func (garbageCollectCmd) Help() string {
	return `It takes the place of "registry garbage-collect" in a line that is run beside a
stopped registry, and does not ask. The storage root is CONFIG's, the REGISTRY_
variables applied as the registry does. Those of sweep (REGJANITOR_…) hold too,
but no tag is removed, whatever policy they name.

Unlike the registry's own it keeps all that a tag needs (an index's children,
referrers, sha512 layers), passes over what it cannot read, and takes the links,
histories, old uploads and directories of what goes along.

Examples:
  # what would go
  regjanitor garbage-collect --dry-run /etc/docker/registry/config.yml

  # with the registry stopped: what nothing refers to, and untagged images
  regjanitor garbage-collect -m -q /etc/docker/registry/config.yml`
}

type applyCmd struct {
	PlanFile        string `arg:"" name:"plan" help:"The file that sweep -o or rm -o wrote."`
	Trash           bool   `env:"REGJANITOR_TRASH" help:"Move it to the trash beside the tree instead; trash restore undoes it, trash empty frees the space."`
	Deadline        moment `placeholder:"DUR" env:"REGJANITOR_DEADLINE" help:"Start no removal when the run has lasted this long, as in 90m."`
	AllowMounts     bool   `help:"The tree may span file systems."`
	RegistryStopped bool   `help:"Your word that no registry out of sight, as on another machine, uses this tree."`
}

// Help is what the command's help ends with.
func (applyCmd) Help() string {
	return `The tree is scanned again first. If something that the plan removes is needed now,
has changed or is gone, nothing is removed and the exit code is 5. What was pushed
meanwhile does no harm. It does not ask.

Examples:
  # today
  regjanitor sweep -o plan.json

  # when somebody has approved it
  regjanitor apply plan.json`
}

type trashCmd struct {
	List    trashListCmd    `cmd:"" help:"List what is in the trash."`
	Restore trashRestoreCmd `cmd:"" help:"Put back what one run has moved aside."`
	Empty   trashEmptyCmd   `cmd:"" help:"Remove what is in the trash for good, which frees its space."`
}

// Help is what the help of the commands for the trash ends with.
func (trashCmd) Help() string {
	return `The trash lies beside the tree in the storage root, as .regjanitor/trash, and takes
up space until it is emptied.

Examples:
  # move aside what no tag needs, and put it back
  regjanitor sweep --trash
  regjanitor trash list
  regjanitor trash restore 20261122-031407-9f3c

  # or free its space
  regjanitor trash empty --older-than 7d`
}

type trashListCmd struct{}

// Help is what the command's help ends with.
func (trashListCmd) Help() string {
	return `It only reads, and runs beside a live registry.

Examples:
  regjanitor trash list`
}

// emptying are the flags of the commands that change what is in the trash.
type emptying struct {
	DryRun          bool `short:"n" env:"REGJANITOR_DRY_RUN" help:"Show what would be done, and change nothing."`
	Yes             bool `short:"y" help:"Do not ask."`
	AllowMounts     bool `help:"The tree may span file systems."`
	RegistryStopped bool `help:"Your word that no registry out of sight, as on another machine, uses this tree."`
}

type trashRestoreCmd struct {
	emptying
	ID filename `arg:"" name:"id" help:"The run, as trash list shows it, or as much of it as tells it from the others."`
}

// Help is what the command's help ends with.
func (trashRestoreCmd) Help() string {
	return `Run it while the registry is stopped or read-only. Nothing that is in the tree is
replaced: what has been pushed since stays, and is named. So is a tag whose blobs
are gone for good: it is not restored.

Examples:
  regjanitor trash list
  regjanitor trash restore 20261122-031407-9f3c`
}

type trashEmptyCmd struct {
	emptying
	ID        filename `arg:"" optional:"" name:"id" help:"The run; all where none is named."`
	OlderThan age.Age  `placeholder:"AGE" default:"0" help:"Only runs that began this long ago, as in 7d."`
}

// Help is what the command's help ends with.
func (trashEmptyCmd) Help() string {
	return `Run it while the registry is stopped or read-only.

Examples:
  # what was moved aside a week ago or earlier
  regjanitor trash empty --older-than 7d

  # all of it, without being asked
  regjanitor trash empty --yes`
}
