package main

import (
	"context"
	"errors"
	"fmt"
	"path"
	"time"

	"regjanitor/internal/guard"
	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
	"regjanitor/internal/refusal"
	"regjanitor/internal/report"
	"regjanitor/internal/store"
)

// session is one command at work on one tree.
type session struct {
	*process
	globals
	command  string
	started  time.Time
	runID    string // unique, and sorts by time
	terminal bool   // somebody watches stderr
	voice    report.Voice
	display  *report.Display

	origin
	root     *store.Root
	storage  store.Dir // the storage root, for the commands that use the trash
	proxy    bool      // the tree is a pull-through cache
	document *report.Document
	view     report.View // the document of a command that only looks
	doubts   []report.Doubt
	failures []report.Failure
	warnings []report.Warning
	code     exitCode
	written  bool  // stdout has been given something else than the document
	lost     error // why stdout has not got what it was given
}

// open finds and opens the tree.
func (s *session) open(allowMounts bool) error {
	found, err := s.findRoot(&s.globals)
	s.origin = found
	if err != nil {
		return err
	}
	s.root, err = store.OpenRoot(found.v2, allowMounts)
	if err != nil {
		return err
	}
	if s.root.Beside(layout.GitLabDatabase) {
		return refusal.New("foreign-registry", "use GitLab's own garbage collection",
			"this is a GitLab registry with a metadata database: on the disk not all links are to be found")
	}
	s.proxy = s.config.Proxy != "" || s.root.Beside(layout.SchedulerState)
	return nil
}

var errInTree = errors.New("it would lie in the registry's tree")

// checkApart refuses to write a file of the run's own into the tree, by whatever
// way its directory leads there: it might take the place of a link.
func (s *session) checkApart(file filename) error {
	if file == "" || file == "-" || s.root == nil {
		return nil
	}
	var below store.Info
	for at := path.Dir(absolute(string(file))); ; at += "/.." {
		info, err := host.StatFrom("/", at)
		if err != nil || info.Device == below.Device && info.Inode == below.Inode {
			return nil // that it cannot be written is told when it is
		}
		if info.Device == s.root.Info.Device && info.Inode == s.root.Info.Inode {
			return errInTree
		}
		below = info
	}
}

// seize makes sure that nobody else writes to the tree: no registry, and no
// other run until this one ends.
func (s *session) seize(ctx context.Context, registryStopped bool) (readOnly bool, err error) {
	if err := s.root.CheckWritable(); err != nil {
		return false, refusal.New("not-writable", "run as root or as the registry's own user, on a writable mount", "%v", err)
	}
	sighting := s.look()
	if err := sighting.Judge(registryStopped); err != nil {
		return false, err
	}
	if s.proxy && sighting.ReadOnly() {
		return false, refusal.New("proxy-running", "stop it first",
			"this is a pull-through cache, which writes even in read-only mode, and its registry is running")
	}
	return sighting.ReadOnly(), s.lock(ctx)
}

func (s *session) look() guard.Sighting {
	return guard.Look(host, guard.Tree{Path: s.root.Path, Device: s.root.Info.Device, Inode: s.root.Info.Inode})
}

func (s *session) warnReadOnly() {
	s.warn("registry-read-only", s.v2, "a registry in read-only mode is running on this tree: uploads are left alone")
}

// warnOfRegistry tells of a registry beside which a run only reads.
func (s *session) warnOfRegistry() {
	if s.look().Judge(true) != nil {
		s.warn("registry-running", s.v2, "a registry is running on this tree and can write to it: the numbers may move")
	}
}

func (s *session) lock(ctx context.Context) error {
	const pause = 100 * time.Millisecond
	for waited := time.Duration(0); ; waited += pause {
		err := s.root.Lock()
		if !errors.Is(err, store.ErrLocked) {
			return err
		}
		if waited == 0 && s.RetryLock > 0 && !s.Quiet {
			s.voice.Note("another run is at work on this tree: waiting for it" + s.RetryLock.upTo())
		}
		if waited >= time.Duration(s.RetryLock) {
			return refusal.New("locked", "wait for it to end, or give --retry-lock 30m", "another run of regjanitor is at work on this tree")
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// scan takes the inventory. What vanished meanwhile stops a run that is to
// change something, and else is worth a warning.
func (s *session) scan(ctx context.Context, opts inventory.Options, changing bool) (*inventory.Inventory, error) {
	defer s.display.Pause()
	opts.Jobs, opts.Observe, opts.Began = s.Jobs, s.display.Observe, s.started
	inv, err := inventory.Scan(ctx, s.root, opts)
	if err != nil {
		return nil, err
	}
	if len(inv.Vanished) > 0 {
		if changing {
			return nil, refusal.New("tree-changed", "stop the registry, or make it read-only, and try again",
				"%s vanished while the tree was scanned: somebody is writing to it", inv.Vanished[0])
		}
		s.warn("tree-changed", inv.Vanished[0], fmt.Sprintf("vanished while the tree was scanned, with %d others; the numbers may be off", len(inv.Vanished)-1))
	}
	return inv, nil
}

// checkUnchanged looks again, just before the first change, for whoever may write
// to the tree.
func (s *session) checkUnchanged(ctx context.Context, inv *inventory.Inventory, registryStopped bool) error {
	changed, err := inv.Changed(ctx, s.root, s.Jobs)
	if err != nil {
		return err
	}
	if changed != "" {
		return refusal.New("tree-changed", "stop the registry, or make it read-only, and try again",
			"%s has changed since it was scanned: somebody is writing to the tree", changed)
	}
	return s.look().Judge(registryStopped)
}

func (s *session) warn(code, path, message string) {
	s.warnings = append(s.warnings, report.Warning{Code: code, Path: path, Message: message})
}

func (s *session) header(code exitCode, err error) report.Header {
	h := report.Header{
		Schema: report.Schema, Command: s.command, Version: version, Root: s.v2, RootSource: s.source,
		Started: s.started.UTC().Truncate(time.Millisecond), DurationSeconds: time.Since(s.started).Seconds(), ExitCode: int(code),
		Doubts: []report.Doubt{}, Failures: []report.Failure{}, Warnings: []report.Warning{},
	}
	h.Doubts = append(h.Doubts, s.doubts...)
	h.Failures = append(h.Failures, s.failures...)
	h.Warnings = append(h.Warnings, s.warnings...)
	switch problem := problemOf(err); codeOf(err) {
	case exitDone:
	case exitRefused:
		h.Refused = problem
	default:
		h.Error = problem
	}
	return h
}
