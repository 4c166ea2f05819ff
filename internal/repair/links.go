package repair

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"syscall"

	"github.com/opencontainers/go-digest"
	"golang.org/x/sync/errgroup"

	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
	"regjanitor/internal/plan"
	"regjanitor/internal/store"
)

// repository is one that is looked at.
type repository struct {
	*inventory.Repository
	revisions map[ID]inventory.Link
	layers    map[ID]inventory.Link
	broken    []brokenLink
	entries   map[int][]entry // of the histories of broken tags
	tags      []tag           // beside those of the inventory
	referrers map[ID][]ID     // by subject
	needs     []need          // of all that its tags lead to, children before parents
	parents   map[ID][]ID     // what refers to what is needed; drawn only where something is wrong
	aliases   map[ID]ID       // what the other tree knows of layers by other digests
	pointing  map[ID][]string // tags by what they point to; likewise
	met, had  map[need]bool   // the same, and what the time before was
	sparse    bool            // an index lacks a child, and may
	passed    map[ID][]ID     // such children, by which list them
}

// brokenLink is a link that is there and does not say what its path says.
type brokenLink struct {
	kind   plan.Kind
	digest ID // that the path names
	tag    string
	link   inventory.Link
}

// entry is one link of a tag's history, and when it was written.
type entry struct {
	digest  ID
	mtime   int64
	unknown bool // the time is
}

func newRepository(r *inventory.Repository) *repository {
	return &repository{
		Repository: r, revisions: make(map[ID]inventory.Link, len(r.Revisions)), layers: make(map[ID]inventory.Link, len(r.Layers)),
		aliases: map[ID]ID{}, entries: map[int][]entry{}, tags: make([]tag, len(r.Tags)), referrers: map[ID][]ID{},
	}
}

// longestLink is far above the longest digest, in bytes.
const longestLink = 1 << 10

// says tells a link that names the digest of its path and nothing else.
func says(link inventory.Link, id ID) bool {
	return link.State == inventory.LinkGood && link.Target == id
}

// readLinks finds the links that are broken. The scan has read them, but for those
// of histories.
func (p *planner) readLinks() error {
	for _, r := range p.repositories {
		for _, revision := range r.Revisions {
			r.revisions[revision.Digest] = revision.Link
			r.note(brokenLink{plan.Revision, revision.Digest, "", revision.Link})
			for _, subject := range p.subjectsOf(revision.Digest) {
				r.referrers[subject] = append(r.referrers[subject], revision.Digest)
			}
		}
		for _, layer := range r.Layers {
			link := inventory.Link{State: layer.Link, Target: layer.Target, Stamp: layer.Stamp}
			r.layers[layer.Digest] = link
			if link.State != inventory.LinkGood || p.isCanonical(layer.Digest) {
				r.note(brokenLink{plan.LayerLink, layer.Digest, "", link})
			}
		}
		for i, t := range r.Tags {
			if err := p.readHistory(r, i, t); err != nil {
				return err
			}
		}
	}
	return nil
}

// readHistory looks for broken entries and, where the tag is broken, when each was
// written.
func (p *planner) readHistory(r *repository, at int, t inventory.Tag) error {
	links := make([]inventory.Link, len(t.History))
	err := p.each(len(links), func(i int) {
		links[i] = p.readLink(p.root, layout.TagIndexEntry(r.Name, t.Name, p.digest(t.History[i].Digest))+"/"+layout.Link)
	})
	for i, e := range t.History {
		if links[i].State == inventory.LinkAbsent {
			continue
		}
		r.note(brokenLink{plan.TagIndexEntry, e.Digest, t.Name, links[i]})
		if t.Current.State != inventory.LinkGood {
			r.entries[at] = append(r.entries[at], entry{e.Digest, links[i].Stamp.MTime, links[i].Stamp == inventory.Stamp{}})
		}
	}
	return err
}

// note remembers a link if it is broken.
func (r *repository) note(l brokenLink) {
	if !says(l.link, l.digest) {
		r.broken = append(r.broken, l)
	}
}

// isCanonical tells a digest by which a registry stores the blob itself. What the
// layer link of another one points to only its content says.
func (p *planner) isCanonical(id ID) bool { return p.digest(id).Algorithm() == digest.Canonical }

// readLink reads one link of this tree or of the other one.
func (p *planner) readLink(root store.Dir, path string) inventory.Link {
	data, info, err := root.Read(path, longestLink, nil)
	if store.Failing(err) || err == nil && int64(len(data)) < info.Size {
		data, info, err = root.Read(path, longestLink, nil)
	}
	if err == nil && int64(len(data)) < info.Size {
		err = io.ErrUnexpectedEOF
	}
	link := inventory.Link{Stamp: inventory.StampOf(info)}
	trimmed := bytes.TrimSpace(data)
	d, malformed := layout.ParseDigest(string(trimmed))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		link.State = inventory.LinkAbsent
	case errors.Is(err, store.ErrTooLarge):
		link.State = inventory.LinkTooLong
	case errors.Is(err, store.ErrNotRegular), errors.Is(err, store.ErrSymlink), errors.Is(err, syscall.ENXIO):
		link.State = inventory.LinkNotFile
	case err != nil:
		link.State = inventory.LinkUnreadable
	case len(trimmed) == 0:
		link.State = inventory.LinkEmpty
	case malformed != nil:
		link.State = inventory.LinkGarbled
	default:
		link.State, link.Target = inventory.LinkGood, p.inv.Digests.Intern(d)
		if len(trimmed) < len(data) {
			link.State = inventory.LinkSpaced
		}
	}
	return link
}

// each calls f for 0 ≤ i < n, in parallel.
func (p *planner) each(n int, f func(i int)) error {
	const many = 256 // of one task
	group, ctx := errgroup.WithContext(p.ctx)
	group.SetLimit(max(p.opts.Jobs, 1))
	for from := 0; from < n && ctx.Err() == nil; from += many {
		group.Go(func() error {
			for i := from; i < min(from+many, n) && ctx.Err() == nil; i++ {
				f(i)
			}
			return nil
		})
	}
	group.Wait()
	return p.ctx.Err()
}

// rewritable tells a link that may be replaced by what its path says. So may one
// that names another digest: no registry writes such a one, and what it leads to
// clients refuse.
func rewritable(link inventory.Link) bool {
	switch link.State {
	case inventory.LinkAbsent, inventory.LinkNotFile, inventory.LinkUnreadable:
		return false
	}
	return true
}
