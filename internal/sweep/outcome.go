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
	if status == Removed {
		s.plan.Count(&s.result.Removed, s.plan.Actions[at])
	}
	if s.opts.Done != nil {
		s.opts.Done(item, status, err)
	}
}

func (s *sweeper) judge(at int, item plan.Item, err error) Status {
	var rest *remainder
	switch {
	case err == nil:
		return Removed
	case errors.As(err, &rest):
		s.fail(codeOf(rest.err), at, rest.path, rest.err)
		return Removed
	case errors.Is(err, fs.ErrNotExist):
		return Skipped
	case errors.Is(err, errProtected):
		return Skipped
	case isNotEmpty(err) && (item.Kind == plan.Directory || item.Kind == plan.Repository):
		return Skipped
	}
	s.stay = append(s.stay, s.plan.Actions[at])
	if errors.Is(err, errChanged) {
		s.fail("changed", at, item.Path, err)
		return Skipped
	}
	s.fail(codeOf(err), at, item.Path, err)
	if s.hopeless(err) && s.result.Stopped == nil {
		s.result.Stopped = fmt.Errorf("remove %s: %w", item.Path, err)
	}
	return Failed
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
// system is read-only, the disk fails again and again, the process is starved.
func (s *sweeper) hopeless(err error) bool {
	if store.Failing(err) {
		s.diskErrs++
	}
	return s.diskErrs > 1 || errors.Is(err, syscall.EROFS) || store.Starved(err)
}

func isNotEmpty(err error) bool {
	return errors.Is(err, syscall.ENOTEMPTY) || errors.Is(err, syscall.EEXIST)
}

func codeOf(err error) string {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return "permission"
	case errors.Is(err, store.ErrSymlink):
		return "symlink"
	case errors.Is(err, store.ErrMount):
		return "mount"
	case errors.Is(err, syscall.EROFS):
		return "read-only"
	case store.Failing(err):
		return "disk"
	case isNotEmpty(err):
		return "directory-not-empty"
	}
	return "error"
}
