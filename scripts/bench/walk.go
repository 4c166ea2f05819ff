package main

import (
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"
)

// walkJobs is how many requests the walk keeps in flight.
const walkJobs = 8

func walkCommand(args []string) error {
	flags := flag.NewFlagSet("walk", flag.ContinueOnError)
	root := flags.String("root", "", "storage root `directory`")
	if err := flags.Parse(args); err != nil {
		return err
	}
	answer, err := walk(*root)
	if err != nil {
		return fmt.Errorf("walk %s: %w", *root, err)
	}
	return json.NewEncoder(os.Stdout).Encode(answer)
}

// A verdict is the yardstick's answer: what is there, and how much of it is
// dead. Bytes are those of the dead blobs.
type verdict struct {
	Repositories, Tags    int
	History, DeadHistory  int
	Revisions, DeadRevs   int
	LayerLinks, DeadLinks int
	Blobs, DeadBlobs      int
	DeadBytes             int64
}

// entries is how many things there are to be looked at.
func (v verdict) entries() int {
	return v.Tags + v.History + v.Revisions + v.LayerLinks + v.Blobs
}

// A walker does the least that can tell garbage from the rest: it lists each
// directory of digests, of tags, of a tag's history and of repositories once,
// reads each tag's link and each linked manifest once, hashes and parses the
// manifests, and stats the dead blobs. It takes every link to say what its path
// says, knows sha256, images and indexes but no referrers, checks nothing for
// safety, and stops at the first surprise. It can be trusted on trees that this
// program made, and shows how much time care costs.
type walker struct {
	v2    dir
	blobs blobSet
	repos []*bareRepo
	tags  []*tagRange
}

type bareRepo struct {
	path              string
	linked, revised   []digest
	layers, revisions []int32 // the same as blobs
	tags              []string
}

// A tagRange is as many tags of one repository as are read in one go.
type tagRange struct {
	repo    *bareRepo
	names   []string
	heads   []int32
	history []int32
}

const tagsAtOnce = 64

func walk(root string) (verdict, error) {
	v2, err := openDir(unix.AT_FDCWD, root+"/"+prefix)
	if err != nil {
		return verdict{}, err
	}
	defer v2.close()
	w := &walker{v2: v2}
	defer w.blobs.close()
	if err := w.findRepos("repositories", new(buffers)); err != nil {
		return verdict{}, err
	}
	for _, step := range []func() error{w.list, w.readLinks, w.readManifests} {
		if err := step(); err != nil {
			return verdict{}, err
		}
	}
	return w.answer()
}

func (w *walker) findRepos(path string, buf *buffers) error {
	var below []string
	isRepo := false
	err := w.v2.listBelow(path, buf, func(name []byte, kind byte) {
		if name[0] == '_' {
			isRepo = true
		} else if kind == unix.DT_DIR {
			below = append(below, path+"/"+string(name))
		}
	})
	if isRepo {
		w.repos = append(w.repos, &bareRepo{path: path})
	}
	for _, sub := range below {
		if err == nil {
			err = w.findRepos(sub, buf)
		}
	}
	return err
}

// list reads the names in all the large directories.
func (w *walker) list() error {
	shards := len(w.blobs.shards)
	err := parallel(shards+len(w.repos), 1, func(i int, buf *buffers) error {
		if i < shards {
			return w.blobs.shards[i].list(w.v2, fmt.Sprintf("blobs/sha256/%02x", i), buf)
		}
		return w.repos[i-shards].list(w.v2, buf)
	})
	w.blobs.number()
	for _, r := range w.repos {
		for names := range slices.Chunk(r.tags, tagsAtOnce) {
			w.tags = append(w.tags, &tagRange{repo: r, names: names})
		}
	}
	return err
}

func (r *bareRepo) list(v2 dir, buf *buffers) (err error) {
	if r.linked, err = v2.digestsBelow(r.path+"/_layers/sha256", buf); err != nil {
		return err
	}
	if r.revised, err = v2.digestsBelow(r.path+"/_manifests/revisions/sha256", buf); err != nil {
		return err
	}
	return v2.listBelow(r.path+"/_manifests/tags", buf, func(name []byte, _ byte) {
		r.tags = append(r.tags, string(name))
	})
}

// readLinks finds the blobs that repositories link and reads what their tags
// say.
func (w *walker) readLinks() error {
	return parallel(len(w.repos)+len(w.tags), 1, func(i int, buf *buffers) (err error) {
		if i >= len(w.repos) {
			return w.tags[i-len(w.repos)].read(w, buf)
		}
		r := w.repos[i]
		// The registry's collector leaves directories of links to nothing.
		r.layers = w.blobs.find(r.linked)
		r.revisions, err = w.blobs.findAll(r.revised)
		return err
	})
}

func (t *tagRange) read(w *walker, buf *buffers) error {
	d, err := openDir(w.v2, t.repo.path+"/_manifests/tags")
	if err != nil {
		return err
	}
	defer d.close()
	var heads, history []digest
	for _, tag := range t.names {
		link, err := d.readFile(buf.path(tag, "/current/link"), buf)
		if err != nil {
			return err
		}
		head, err := parseDigest(link)
		if err != nil {
			return err
		}
		heads = append(heads, head)
		pushed, err := d.digestsBelow(tag+"/index/sha256", buf)
		if err != nil {
			return err
		}
		history = append(history, pushed...)
	}
	if t.heads, err = w.blobs.findAll(heads); err != nil {
		return err
	}
	t.history, err = w.blobs.findAll(history)
	return err
}

func (w *walker) readManifests() error {
	linked := make([]bool, w.blobs.count)
	var unique []int32
	for _, r := range w.repos {
		for _, id := range r.revisions {
			if !linked[id] {
				linked[id] = true
				unique = append(unique, id)
			}
		}
	}
	w.blobs.needs = make([][]int32, w.blobs.count)
	return parallel(len(unique), 16, func(i int, buf *buffers) error {
		s, d := w.blobs.at(unique[i])
		b, err := s.dir.readFile(buf.blobPath(d), buf)
		if err != nil {
			return err
		}
		if sha256.Sum256(b) != *d {
			return fmt.Errorf("manifest %s does not hash to its name", d)
		}
		buf.digests, err = appendReferences(buf.digests[:0], b)
		if err != nil {
			return fmt.Errorf("parse manifest %s: %w", d, err)
		}
		w.blobs.needs[unique[i]], err = w.blobs.findAll(buf.digests)
		return err
	})
}

// parallel calls do for 0 to n-1 from walkJobs goroutines, each with buffers of
// its own and several in turn, until the first error.
func parallel(n, several int, do func(i int, buf *buffers) error) error {
	var (
		next  atomic.Int64
		group errgroup.Group
	)
	for range walkJobs {
		group.Go(func() error {
			buf := new(buffers)
			for {
				end := int(next.Add(int64(several)))
				if end-several >= n {
					return nil
				}
				for i := end - several; i < min(end, n); i++ {
					if err := do(i, buf); err != nil {
						next.Store(int64(n))
						return err
					}
				}
			}
		})
	}
	return group.Wait()
}
