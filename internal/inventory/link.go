package inventory

import (
	"bytes"
	"errors"
	"io/fs"
	"sync"

	"regjanitor/internal/layout"
	"regjanitor/internal/store"
)

// LinkState is what a link file turned out to be.
type LinkState uint8

// The states of a link. The registry reads only LinkGood; it answers 404 for
// LinkAbsent and 500 for the rest.
const (
	LinkAbsent     LinkState = iota // the directory has no entry named link
	LinkGood                        // exactly a digest
	LinkSpaced                      // a digest with white space around it
	LinkEmpty                       // no bytes
	LinkGarbled                     // no digest
	LinkTooLong                     // over linkLimit, not read
	LinkNotFile                     // a directory, a symbolic link, a FIFO …
	LinkUnreadable                  // see Inventory.Unread
)

// linkLimit is far above the longest digest, in bytes.
const linkLimit = 1 << 10

// Link is one link file as it was read.
type Link struct {
	State  LinkState
	Target ID // of LinkGood and LinkSpaced
	Stamp  Stamp
	CTime  int64
}

// Points tells whether the link names a digest.
func (l Link) Points() bool { return l.State == LinkGood || l.State == LinkSpaced }

// listedLink reads the link of a directory that was just seen to have one.
func (s *scan) listedLink(in *place) Link {
	link := s.readLink(in, layout.Link)
	if link.State == LinkAbsent {
		s.vanished(in.at(layout.Link))
	}
	return link
}

var linkBuffers = sync.Pool{New: func() any { return new([2 * linkLimit]byte) }}

// readLink reads the link file of this name, which may be a path.
func (s *scan) readLink(in *place, name string) Link {
	buf := linkBuffers.Get().(*[2 * linkLimit]byte)
	defer linkBuffers.Put(buf)
	data, info, err := read(in, name, linkLimit, buf[:0])
	link := Link{Stamp: StampOf(info), CTime: info.CTime}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		link.State = LinkAbsent
	case errors.Is(err, store.ErrNotRegular), errors.Is(err, store.ErrSymlink), isSpecial(err):
		link.State = LinkNotFile
	case errors.Is(err, store.ErrTooLarge):
		link.State = LinkTooLong
	case err != nil:
		link.State = LinkUnreadable
		s.unread(in.at(name), err)
	default:
		link.State, link.Target = s.parseLink(data)
	}
	return link
}

func (s *scan) parseLink(data []byte) (LinkState, ID) {
	if len(data) == 0 {
		return LinkEmpty, 0
	}
	trimmed := bytes.TrimSpace(data)
	key, err := layout.ParseKey(trimmed)
	switch {
	case err != nil && len(trimmed) == 0:
		return LinkEmpty, 0
	case err != nil:
		return LinkGarbled, 0
	case len(trimmed) != len(data):
		return LinkSpaced, s.inv.Digests.internKey(key)
	}
	return LinkGood, s.inv.Digests.internKey(key)
}

// seeLink only looks at a link; its directory's name has to say what it says.
func (s *scan) seeLink(in *place, name string) Link {
	info, err := again(func() (store.Info, error) { return in.Stat(name) })
	link := Link{State: stateOf(info), Stamp: StampOf(info), CTime: info.CTime}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		link.State = LinkAbsent
	case err != nil:
		link.State = LinkUnreadable
		s.unread(in.at(name), err)
	}
	return link
}

// stateOf is what a stat alone says of a link that need not be read.
func stateOf(info store.Info) LinkState {
	switch {
	case info.Type != store.Regular:
		return LinkNotFile
	case info.Size > linkLimit:
		return LinkTooLong
	}
	return LinkGood
}
