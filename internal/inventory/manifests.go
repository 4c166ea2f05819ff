package inventory

import (
	"context"
	"crypto/sha256"
	"errors"
	"io/fs"
	"sync"

	"regjanitor/internal/layout"
	"regjanitor/internal/manifest"
	"regjanitor/internal/progress"
	"regjanitor/internal/store"
)

// ManifestState is what the bytes under a manifest's digest turned out to be.
type ManifestState uint8

// The states of a manifest; only a Sound one has been understood.
const (
	Sound      ManifestState = iota
	Missing                  // no such blob
	Empty                    // no bytes
	Corrupt                  // the bytes are not those of the digest
	TooLarge                 // over the registry's own limit, not read
	NotFile                  // not a regular file
	Unreadable               // see Err
	Strange                  // not understood, see Err
)

// Manifest is one manifest with its references as IDs.
type Manifest struct {
	State      ManifestState
	Kind       manifest.Kind
	References []Reference
	Subjects   []ID
	Err        error
}

// Reference is one thing that a manifest refers to.
type Reference struct {
	Digest   ID
	Manifest bool // its media type is a manifest's
	Config   bool // it is an image's configuration
	Foreign  bool // it may rightly be absent
}

// readManifests reads every revision's manifest, every tag's, and every
// manifest that these refer to, each once.
func (s *scan) readManifests(ctx context.Context) error {
	inv := s.inv
	seen := make([]bool, inv.Digests.Len())
	var wanted []ID
	want := func(id ID) {
		if int(id) >= len(seen) {
			seen = append(seen, make([]bool, inv.Digests.Len()-len(seen))...)
		}
		if !seen[id] {
			seen[id] = true
			wanted = append(wanted, id)
		}
	}
	for _, d := range s.opts.Manifests {
		want(inv.Digests.intern(d))
	}
	for _, r := range inv.Repositories {
		for _, revision := range r.Revisions {
			want(revision.Digest)
			if revision.Link.Points() {
				want(revision.Link.Target)
			}
		}
		for _, tag := range r.Tags {
			if tag.Current.Points() {
				want(tag.Current.Target)
			} else {
				for _, entry := range tag.History {
					want(entry.Digest)
				}
			}
		}
	}
	meter := progress.NewMeter(s.opts.Observe, "reading manifests", int64(len(wanted)))
	defer meter.End()
	for len(wanted) > 0 {
		batch := wanted
		wanted = nil
		found, err := s.readBatch(ctx, batch, meter)
		if err != nil {
			return err
		}
		inv.manifests = append(inv.manifests, make([]*Manifest, inv.Digests.Len()-len(inv.manifests))...)
		for i, m := range found {
			inv.manifests[batch[i]] = m
			for _, ref := range m.References {
				if ref.Manifest {
					want(ref.Digest)
				}
			}
		}
	}
	inv.index()
	for id, m := range inv.manifests {
		blob := inv.Blob(ID(id))
		if m != nil && blob != nil && (m.State == Missing || m.State == Empty && blob.Stamp.Size > 0) {
			inv.Vanished = append(inv.Vanished, layout.BlobData(inv.Digests.Digest(ID(id))))
		}
	}
	return nil
}

func (s *scan) readBatch(ctx context.Context, batch []ID, meter *progress.Meter) ([]*Manifest, error) {
	found := make([]*Manifest, len(batch))
	c := newCrew(ctx, s.opts.Jobs)
	c.each(len(batch), func(i int) error {
		buf := manifestBuffers.Get().(*[]byte)
		defer manifestBuffers.Put(buf)
		defer meter.Add(1)
		found[i] = s.readManifest(batch[i], buf)
		if store.Starved(found[i].Err) {
			return found[i].Err
		}
		return nil
	}, nil)
	return found, c.work()
}

// manifestBuffers hold nearly every manifest; a larger one gets its own.
var manifestBuffers = sync.Pool{New: func() any { b := make([]byte, 0, 64<<10); return &b }}

func (s *scan) readManifest(id ID, buf *[]byte) *Manifest {
	d := s.inv.Digests.Digest(id)
	if layout.IsTarsum(d) {
		return &Manifest{State: Missing}
	}
	path := layout.BlobData(d)
	data, _, err := read(s.root, path, manifest.Limit, *buf)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &Manifest{State: Missing}
	case errors.Is(err, store.ErrTooLarge):
		return &Manifest{State: TooLarge}
	case errors.Is(err, store.ErrNotRegular), errors.Is(err, store.ErrSymlink), isSpecial(err):
		return &Manifest{State: NotFile}
	case err != nil:
		return &Manifest{State: Unreadable, Err: err}
	case len(data) == 0:
		return &Manifest{State: Empty}
	}
	parsed, err := manifest.Parse(data)
	m := &Manifest{}
	switch {
	case !hashes(s.inv.Digests.key(id), data):
		m.State = Corrupt
	case err != nil:
		m.State, m.Err = Strange, err
	default:
		m.Kind = parsed.Kind
		for _, subject := range parsed.Subjects {
			m.Subjects = append(m.Subjects, s.inv.Digests.intern(subject))
		}
		m.References = make([]Reference, len(parsed.References))
		for i, ref := range parsed.References {
			m.References[i] = Reference{s.inv.Digests.intern(ref.Digest), ref.Manifest, ref.Config, ref.Foreign}
		}
		return m
	}
	for _, mentioned := range manifest.Mentions(data) {
		m.References = append(m.References, Reference{Digest: s.inv.Digests.intern(mentioned), Foreign: true})
	}
	return m
}

// hashes tells whether key is the digest of data.
func hashes(key layout.Key, data []byte) bool {
	if sum, short := key.Sum(); short {
		return sha256.Sum256(data) == sum
	}
	d := key.Digest()
	return d.Algorithm().FromBytes(data) == d
}
