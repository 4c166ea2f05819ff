package inventory

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"io/fs"
	"slices"
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
	Unreadable               // see Inventory.Unread
	Strange                  // not understood, see Inventory.Unread
)

// Manifest is one manifest with its references as IDs.
type Manifest struct {
	State      ManifestState
	Kind       manifest.Kind
	References []Reference
}

// IsIndex tells a manifest that lists others.
func (m *Manifest) IsIndex() bool {
	return m.State == Sound && (m.Kind == manifest.Index || m.Kind == manifest.List)
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
	var wanted []ID
	seen := make([]bool, inv.Digests.Len())
	for id, place := range inv.read {
		seen[id] = place != 0
	}
	want := func(id ID) {
		if int(id) >= len(seen) {
			seen = append(seen, make([]bool, inv.Digests.Len()-len(seen))...)
		}
		if !seen[id] {
			seen[id] = true
			wanted = append(wanted, id)
		}
	}
	s.heads(want)
	for _, r := range inv.Repositories {
		for _, revision := range r.Revisions {
			want(revision.Digest)
			if revision.Link.Points() {
				want(revision.Link.Target)
			}
		}
	}
	if len(wanted) == 0 {
		return nil
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
		inv.read = append(inv.read, make([]int32, inv.Digests.Len()-len(inv.read))...)
		inv.manifests = join(inv.manifests, found)
		for i := range found {
			inv.read[batch[i]] = int32(len(inv.manifests) - len(found) + i + 1)
			for _, ref := range found[i].References {
				if ref.Manifest {
					want(ref.Digest)
				}
			}
		}
	}
	return nil
}

// heads calls f with what keeps manifests: what tags point to or, where a tag's
// link does not tell, all that it has pointed to, and what was asked for.
func (s *scan) heads(f func(ID)) {
	for _, d := range s.opts.Manifests {
		f(s.inv.Digests.Intern(d))
	}
	for _, r := range s.inv.Repositories {
		for _, tag := range r.Tags {
			if tag.Current.Points() {
				f(tag.Current.Target)
				continue
			}
			for _, entry := range tag.History {
				f(entry.Digest)
			}
		}
	}
}

func (s *scan) readBatch(ctx context.Context, batch []ID, meter *progress.Meter) ([]Manifest, error) {
	found := make([]Manifest, len(batch))
	c := newCrew(ctx, s.opts.Jobs)
	c.each(len(batch), func(i int) error {
		r := manifestReaders.Get().(*manifestReader)
		defer manifestReaders.Put(r)
		defer meter.Add(1)
		s.readManifest(&found[i], batch[i], r)
		return nil
	}, nil)
	return found, cmp.Or(c.work(), s.starved)
}

// manifestReader is what a task reads manifests into, one after another. Its
// buffer holds nearly every manifest; a larger one gets its own.
type manifestReader struct {
	manifest.Reader
	buf   []byte
	keys  []layout.Key
	ids   []ID
	spare []Reference // to be cut up
}

var manifestReaders = sync.Pool{New: func() any { return &manifestReader{buf: make([]byte, 0, 64<<10)} }}

// readManifest reads the manifest of this digest into m.
func (s *scan) readManifest(m *Manifest, id ID, r *manifestReader) {
	key := s.inv.Digests.key(id)
	d := key.Digest()
	if layout.IsTarsum(d) {
		m.State = Missing
		return
	}
	path := layout.BlobData(d)
	data, info, err := read(s.root, path, manifest.Limit, r.buf)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		m.State = Missing
	case errors.Is(err, store.ErrTooLarge):
		m.State = TooLarge
	case errors.Is(err, store.ErrNotRegular), errors.Is(err, store.ErrSymlink), isSpecial(err):
		m.State = NotFile
	case err != nil:
		m.State = Unreadable
		s.unread(path, err)
	case len(data) == 0:
		m.State = Empty
	case !hashes(key, data):
		m.State, m.References = Corrupt, r.mentions(s.inv.Digests, data)
	default:
		parsed, err := r.Read(data)
		if err != nil {
			m.State, m.References = Strange, r.mentions(s.inv.Digests, data)
			s.unread(path, err)
			return
		}
		s.sound(m, id, parsed, r)
		if blob := s.inv.Blob(id); blob != nil {
			blob.is(info)
		}
	}
}

// sound is a manifest with its digests as IDs.
func (s *scan) sound(m *Manifest, id ID, parsed *manifest.Manifest, r *manifestReader) {
	r.keys = r.keys[:0]
	for _, ref := range parsed.References {
		r.keys = append(r.keys, ref.Digest)
	}
	r.keys = append(r.keys, parsed.Subjects...)
	ids := r.intern(s.inv.Digests, r.keys)
	m.Kind, m.References = parsed.Kind, r.references(len(parsed.References))
	for i, ref := range parsed.References {
		m.References[i] = Reference{ids[i], ref.Manifest, ref.Config, ref.Foreign}
	}
	if s.opts.ForPulls {
		s.sizes(id, parsed.References)
	}
	subjects := ids[len(m.References):]
	if len(subjects) == 0 && parsed.Artifact == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(subjects) > 0 {
		s.inv.Subjects[id] = slices.Clone(subjects)
	}
	if parsed.Artifact != "" {
		s.inv.Artifacts[id] = s.alike(parsed.Artifact)
	}
}

// alike is the same text, once for all that are equal: a registry of charts has as
// many artifacts as manifests, and one type of them.
func (s *scan) alike(text string) string {
	if s.texts[text] == "" {
		s.texts[text] = text
	}
	return s.texts[text]
}

// sizes notes what a manifest says of how large its references are.
func (s *scan) sizes(id ID, references []manifest.Reference) {
	sizes := make([]int64, len(references))
	for i, ref := range references {
		sizes[i] = ref.Size
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inv.sizes[id] = sizes
}

// references is memory for n of them. A piece for each manifest, of its own,
// would be as much again.
func (r *manifestReader) references(n int) []Reference {
	const many = 1024
	if n > len(r.spare) {
		r.spare = make([]Reference, max(n, many))
	}
	cut := r.spare[:n:n]
	r.spare = r.spare[n:]
	return cut
}

// mentions are the references of a manifest that cannot be trusted to be the
// right one, or to have been understood.
func (r *manifestReader) mentions(digests *Digests, data []byte) []Reference {
	var found []Reference
	for _, id := range r.intern(digests, manifest.Mentions(data)) {
		found = append(found, Reference{Digest: id, Foreign: true})
	}
	return found
}

// intern returns IDs that hold until the next call.
func (r *manifestReader) intern(digests *Digests, keys []layout.Key) []ID {
	r.ids = slices.Grow(r.ids[:0], len(keys))[:len(keys)]
	digests.internAll(keys, r.ids)
	return r.ids
}

// hashes tells whether key is the digest of data.
func hashes(key layout.Key, data []byte) bool {
	if sum, short := key.Sum(); short {
		return sha256.Sum256(data) == sum
	}
	d := key.Digest()
	return d.Algorithm().FromBytes(data) == d
}
