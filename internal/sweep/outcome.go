package sweep

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"regjanitor/internal/plan"
	"regjanitor/internal/store"
)

var (
	errProtected = errors.New("something that could not be removed refers to it")
	errChanged   = errors.New("has changed since the scan")
)

// remainder is the failure to remove a directory from which everything that was
// planned is gone.
type remainder struct {
	path string
	err  error
}

func (r *remainder) Error() string { return r.err.Error() }
func (r *remainder) Unwrap() error { return r.err }

// record books what became of an action.
func (s *sweeper) record(at int, item plan.Item, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	status := s.judge(at, item, err)
	s.result.Statuses[at] = status
	if status.Gone() {
		s.plan.Count(&s.result.Removed, s.plan.Actions[at])
	}
	if s.opts.Done != nil {
		s.opts.Done(item, status, err)
	}
}

func (s *sweeper) judge(at int, item plan.Item, err error) Status {
	gone := Removed
	if s.opts.Trash != nil {
		gone = Trashed
	}
	var rest *remainder
	switch {
	case err == nil:
		return gone
	case errors.As(err, &rest):
		s.remains(at, rest)
		return gone
	case errors.Is(err, fs.ErrNotExist):
		s.stay = append(s.stay, s.plan.Actions[at]) // it may be there all the same
		return Skipped
	case errors.Is(err, errProtected):
		if item.Kind == plan.Tag { // which needs more than those about it
			s.stay = append(s.stay, s.plan.Actions[at])
		}
		return Skipped
	case store.NotEmpty(err) && (item.Kind == plan.Directory || item.Kind == plan.Repository):
		return Skipped
	}
	s.stay = append(s.stay, s.plan.Actions[at])
	if errors.Is(err, errChanged) {
		s.fail("changed", at, item.Path, err)
		return Skipped
	}
	s.fail(store.Word(err), at, item.Path, err)
	s.giveUp(item.Path, err)
	return Failed
}

// leftBehind books what is left of an action that is booked as done.
func (s *sweeper) leftBehind(at int, err error) {
	var rest *remainder
	if errors.As(err, &rest) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.remains(at, rest)
	}
}

func (s *sweeper) remains(at int, rest *remainder) {
	s.fail(store.Word(rest.err), at, rest.path, rest.err)
	s.giveUp(rest.path, rest.err)
}

// giveUp stops the run after a failure that is hopeless.
func (s *sweeper) giveUp(path string, err error) {
	if s.hopeless(err) && s.result.Stopped == nil {
		s.result.Stopped = fmt.Errorf("remove %s: %w", path, err)
	}
}

func (s *sweeper) fail(code string, at int, path string, err error) {
	s.result.Failures = append(s.result.Failures, Failure{code, at, path, err})
}

func (s *sweeper) stop(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.result.Stopped == nil {
		s.result.Stopped = err
	}
}

// hopeless tells a failure after which no other removal is worth a try: the file
// system is read-only, the disk fails again and again, the process is starved, or
// nothing more can be moved to the trash.
func (s *sweeper) hopeless(err error) bool {
	if store.Failing(err) {
		s.diskErrs++
	}
	if s.opts.Trash != nil && (store.Full(err) || errors.Is(err, syscall.EXDEV)) {
		return true
	}
	return s.diskErrs > 1 || errors.Is(err, syscall.EROFS) || store.Starved(err)
}
