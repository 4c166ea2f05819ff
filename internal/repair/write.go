package repair

import (
	"crypto/rand"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"path"

	"regjanitor/internal/layout"
	"regjanitor/internal/store"
)

// writeLink writes one link.
func (e *executor) writeLink(a *Action) error {
	if err := e.proven(a); err != nil {
		return err
	}
	fill := func(to io.Writer) error {
		_, err := io.WriteString(to, string(a.Digest))
		return err
	}
	return e.write(a, fill, func(dir store.Dir, tmp string) error {
		if a.Op == Creating {
			return dir.Rename(tmp, dir, layout.Link)
		}
		if err := unchanged(dir, layout.Link, a.was); err != nil {
			return err
		}
		return dir.RenameOver(tmp, layout.Link)
	})
}

// copy takes a blob from the other tree. What is in its place is taken away by
// clear, once the good one lies beside it; nil where there is nothing.
func (e *executor) copy(a *Action, clear func() error) error {
	fill := func(to io.Writer) error {
		if e.buf == nil {
			e.buf = make([]byte, 256<<10)
		}
		c := &copying{executor: e, to: to, sum: a.Digest.Algorithm().Hash()}
		if _, err := e.doing.From.Stream(layout.BlobData(a.Digest), c, e.buf); err != nil {
			return err
		}
		if fmt.Sprintf("%x", c.sum.Sum(nil)) != a.Digest.Encoded() {
			return errDiffers
		}
		return nil
	}
	return e.write(a, fill, func(dir store.Dir, tmp string) error {
		if clear != nil {
			if err := clear(); err != nil {
				return err
			}
		}
		return dir.Rename(tmp, dir, layout.Data)
	})
}

// copying hashes what it passes on, until the run is to end.
type copying struct {
	*executor
	to  io.Writer
	sum hash.Hash
}

func (c *copying) Write(data []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	c.sum.Write(data)
	c.meter.Add(len(data))
	return c.to.Write(data)
}

// write makes a file as a registry does: under a name of its own beside its place,
// on the disk before put gives it that.
func (e *executor) write(a *Action, fill func(io.Writer) error, put func(dir store.Dir, tmp string) error) error {
	dir, err := e.folder(path.Dir(a.Path))
	if err != nil {
		return err
	}
	defer dir.Close()
	info, err := dir.Stat("")
	if err != nil {
		return err
	}
	owner := info.Owner
	owner.Mode &= 0o666 // as the directory, which a registry makes with the same mask
	tmp := temporary(path.Base(a.Path))
	file, err := dir.Create(tmp, owner)
	if err != nil {
		return err
	}
	err = fill(file)
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = put(dir, tmp)
	}
	if err != nil {
		_ = dir.Unlink(tmp) // else a sweep finds it
	}
	if a.Op != Rewriting && errors.Is(err, fs.ErrExist) {
		return errChanged
	}
	return err
}

// temporary is a name that a registry 3.1 might have chosen, so that what a kill
// leaves is known for what it is.
func temporary(name string) string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%s.%x-%x-%x-%x-%x.tmp", name, b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// folder opens a directory, which is made like the one above it where it is gone.
func (e *executor) folder(at string) (store.Dir, error) {
	dir, err := e.finished(at)
	if !errors.Is(err, fs.ErrNotExist) || at == "." {
		return dir, err
	}
	above, err := e.folder(path.Dir(at))
	if err != nil {
		return nil, err
	}
	defer above.Close()
	info, err := above.Stat("")
	if err != nil {
		return nil, err
	}
	if err := above.Mkdir(path.Base(at), info.Owner); err != nil {
		return nil, err
	}
	return above.Open(path.Base(at))
}

// making is the mode of a directory that is being made.
const making = 0o700

// finished opens a directory, unless a run was killed at making it, so that it may
// still belong to root alone: an empty one of that mode, unlike the one above it,
// goes.
func (e *executor) finished(at string) (store.Dir, error) {
	dir, err := e.root.Open(at)
	if err != nil || modeOf(dir) != making || at == "." {
		return dir, err
	}
	above, err := e.root.Open(path.Dir(at))
	if err != nil {
		return dir, nil
	}
	defer above.Close()
	if modeOf(above) == making || above.Rmdir(path.Base(at)) != nil {
		return dir, nil
	}
	dir.Close()
	return nil, fs.ErrNotExist
}

// modeOf is 0 where it cannot be seen.
func modeOf(dir store.Dir) uint32 {
	info, err := dir.Stat("")
	if err != nil {
		return 0
	}
	return info.Owner.Mode
}
