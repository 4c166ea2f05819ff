package repair

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/opencontainers/go-digest"

	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
	"regjanitor/internal/plan"
	"regjanitor/internal/store"
	"regjanitor/internal/verify"
)

// blob is what becomes of one that matters.
type blob struct {
	wrong   Code // empty where it is sound
	err     error
	stamp   inventory.Stamp
	size    int64 // of what the other tree offers
	needed  bool  // by a tag
	offered bool  // the other tree has it
	// linked: a repository that needs it links it as what it is. A manifest that
	// none links is left where it is: without link and blob it would look as if it
	// had never been pushed.
	linked, unlinked bool
}

// blob is the one of this digest, which matters from now on.
func (p *planner) blob(id ID) *blob {
	b := p.blobs[id]
	if b == nil {
		b = &blob{}
		p.blobs[id] = b
	}
	return b
}

// sorted are the blobs that matter, in the order of digests.
func (p *planner) sorted() []ID {
	return slices.SortedFunc(maps.Keys(p.blobs), func(a, b ID) int { return cmp.Compare(p.digest(a), p.digest(b)) })
}

// hash reads the blobs that matter. Manifests that the scan understood have been
// hashed.
func (p *planner) hash() error {
	var unread []verify.Blob
	for _, id := range p.sorted() {
		b, here := p.blobs[id], p.inv.Blob(id)
		if here == nil {
			b.wrong, b.err = p.absent(id)
			continue
		}
		b.stamp = here.Stamp
		if m := p.inv.Manifest(id); m == nil || m.State != inventory.Sound && m.State != inventory.Strange {
			unread = append(unread, verify.Blob{Digest: p.digest(id), Size: here.Stamp.Size, Inode: here.Stamp.Inode})
		}
	}
	damages, read, err := p.damages(p.root, unread)
	p.plan.Read = read
	if err != nil {
		return err
	}
	return p.hashAgain(damages)
}

// hashAgain reads what did not hash to its name once more, from the disk: it may
// have been the memory.
func (p *planner) hashAgain(damages map[digest.Digest]verify.Unsound) error {
	var doubtful []verify.Blob
	for d, damage := range damages {
		if damage.Code == verify.Corrupt {
			store.DropCache(p.root, layout.BlobData(d))
			doubtful = append(doubtful, damage.Blob)
		}
	}
	again, _, err := p.damages(p.root, doubtful)
	for d, damage := range damages {
		id, _ := p.inv.Digests.Lookup(d)
		b := p.blobs[id]
		b.wrong, b.err = codes[damage.Code], damage.Err
		if damage.Code != verify.Corrupt {
			continue
		}
		if second, still := again[d]; !still {
			b.wrong, b.err = Unreadable, errors.New("hashes to its digest at the second reading, and did not at the first: the disk or the memory is failing")
		} else {
			b.wrong, b.err = codes[second.Code], second.Err
		}
	}
	return err
}

var codes = map[verify.Code]Code{verify.Missing: Missing, verify.Corrupt: Corrupt, verify.Unreadable: Unreadable}

// damages hashes blobs of a tree.
func (p *planner) damages(root store.Dir, blobs []verify.Blob) (map[digest.Digest]verify.Unsound, verify.Result, error) {
	found := map[digest.Digest]verify.Unsound{}
	if len(blobs) == 0 {
		return found, verify.Result{}, nil
	}
	result, err := verify.Hash(p.ctx, root, blobs, verify.Options{Jobs: p.opts.Jobs, Observe: p.opts.Observe, Found: func(d verify.Unsound) {
		found[d.Blob.Digest] = d
	}})
	return found, result, err
}

// absent tells why the scan has not found a blob.
func (p *planner) absent(id ID) (Code, error) {
	d := p.digest(id)
	if layout.IsTarsum(d) {
		return Missing, nil
	}
	dir, err := p.root.Open(layout.Blob(d))
	if err == nil {
		defer dir.Close()
		_, err = dir.Stat(layout.Data)
	}
	switch {
	case err == nil, errors.Is(err, store.ErrSymlink):
		return NotFile, store.ErrNotRegular
	case errors.Is(err, fs.ErrNotExist):
		return Missing, nil
	}
	return Unreadable, err
}

// ask finds out what the other tree has of what is needed and is not sound here.
func (p *planner) ask() error {
	if p.opts.From == nil {
		return nil
	}
	var wanted []verify.Blob
	for _, id := range p.sorted() {
		b, d := p.blobs[id], p.digest(id)
		if !b.needed || b.wrong != Missing && b.wrong != Corrupt {
			continue
		}
		if info, err := p.opts.From.Stat(layout.BlobData(d)); err == nil {
			wanted = append(wanted, verify.Blob{Digest: d, Size: info.Size, Inode: info.Inode})
		}
	}
	damages, _, err := p.damages(p.opts.From, wanted)
	if err != nil {
		return fmt.Errorf("read %s: %w", p.opts.FromName, err)
	}
	for _, w := range wanted {
		if _, bad := damages[w.Digest]; !bad {
			id, _ := p.inv.Digests.Lookup(w.Digest)
			p.blobs[id].offered, p.blobs[id].size = true, w.Size
		}
	}
	return nil
}

// moves tells whether what is there instead of a blob goes to the trash.
func (p *planner) moves(b *blob) bool {
	return b.wrong == Corrupt && p.opts.NoTrash == nil && (b.linked && !b.unlinked || b.offered)
}

// good tells whether a blob is sound, or will be.
func (p *planner) good(id ID) bool {
	b := p.blobs[id]
	return b != nil && (b.wrong == "" || b.offered && (b.wrong == Missing || p.moves(b)))
}

func (p *planner) decideBlobs() {
	for _, id := range p.sorted() {
		b, d := p.blobs[id], p.digest(id)
		if p.moves(b) {
			p.plan.Actions = append(p.plan.Actions, Action{Op: Trashing, Kind: plan.Blob, Path: layout.BlobData(d), Digest: d,
				Bytes: b.stamp.Size, Reason: "does not hash to its digest", was: b.stamp, disk: p.inv.Blob(id).Disk})
		}
		if b.wrong != "" && p.good(id) {
			p.plan.Actions = append(p.plan.Actions, Action{Op: Copying, Kind: plan.Blob, Path: layout.BlobData(d), Digest: d,
				Bytes: b.size, Reason: "hashes to its digest there", Source: p.opts.FromName})
		}
	}
}

// lacks tells what is wrong with a blob that a repository needs, and will be.
func (p *planner) lacks(r *repository, id ID) {
	b, d := p.blobs[id], p.digest(id)
	hint := "push the image again"
	if p.opts.From == nil {
		hint += ", or give --from with a copy of the tree that has it"
	}
	problem := Problem{Code: b.wrong, Repository: r.Name, Tags: p.tagsOf(r, id), Digest: d, Path: layout.BlobData(d), Hint: hint}
	switch {
	case b.wrong == Missing:
		problem.Problem = "is gone"
	case p.moves(b):
		problem.Problem, problem.Hint = "does not hash to its digest", "once it is in the trash: "+hint
	case b.wrong == Corrupt && p.opts.NoTrash != nil:
		problem.Problem = fmt.Sprintf("does not hash to its digest, and cannot be moved aside: %v", p.opts.NoTrash)
		problem.Hint = "move it away by hand, for a registry never overwrites it, and push the image again"
	case b.wrong == Corrupt:
		problem.Problem, problem.Hint = "does not hash to its digest, and this repository does not link it", "move it away by hand, for a registry never overwrites it, and "+hint
	default:
		problem.Problem, problem.Hint = fmt.Sprint(b.err), hintFor(b.wrong)
	}
	p.problem(problem)
}

func (p *planner) problem(problem Problem) { p.plan.Problems = append(p.plan.Problems, problem) }
