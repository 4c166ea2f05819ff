package main

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"io"
	"os"
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
	answer.print(os.Stdout)
	return nil
}

// A verdict is the yardstick's answer.
type verdict struct {
	repositories, tags    int
	revisions, deadRevs   int
	layerLinks, deadLinks int
	blobs, deadBlobs      int
	deadBytes             int64
}

func (v verdict) print(w io.Writer) {
	fmt.Fprintf(w, "%d repositories, %d tags\n", v.repositories, v.tags)
	fmt.Fprintf(w, "%d revisions, %d dead\n", v.revisions, v.deadRevs)
	fmt.Fprintf(w, "%d layer links, %d dead\n", v.layerLinks, v.deadLinks)
	fmt.Fprintf(w, "%d blobs, %d dead: %d bytes\n", v.blobs, v.deadBlobs, v.deadBytes)
}

// A walker does the least that can tell garbage from the rest: it lists each
// directory of digests, of tags and of repositories once, reads each tag's link
// and each linked manifest once, and stats the dead blobs. It takes every link
// to say what its path says, knows sha256, images and indexes but no referrers,
// checks nothing for safety, and stops at the first surprise. It can be trusted
// on trees that this program made, and shows how much time care costs.
type walker struct {
	v2        dir
	shards    [256]shard
	repos     []*bareRepo
	manifests map[digest]*references
	live      map[digest]bool
}

type shard struct {
	dir   dir
	blobs []digest
}

type bareRepo struct {
	path      string
	layers    []digest
	revisions []digest
	tags      []string
	heads     []digest
}

// references are what one manifest needs.
type references struct{ blobs, children []digest }

func walk(root string) (verdict, error) {
	v2, err := openDir(unix.AT_FDCWD, root+"/"+prefix)
	if err != nil {
		return verdict{}, err
	}
	defer v2.close()
	w := &walker{v2: v2, live: make(map[digest]bool)}
	if err := w.findRepos("repositories"); err != nil {
		return verdict{}, err
	}
	for _, step := range []func() error{w.list, w.readTags, w.readManifests} {
		if err := step(); err != nil {
			return verdict{}, err
		}
	}
	return w.answer()
}

func (w *walker) findRepos(path string) error {
	d, err := openDir(w.v2, path)
	if err != nil {
		return err
	}
	defer d.close()
	var below []string
	isRepo := false
	err = d.list(func(name []byte, kind byte) {
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
			err = w.findRepos(sub)
		}
	}
	return err
}

// list reads the names in all the large directories.
func (w *walker) list() error {
	return parallel(len(w.shards)+len(w.repos), func(i int, _ []byte) error {
		if i < len(w.shards) {
			s := &w.shards[i]
			var err error
			if s.dir, err = openDir(w.v2, fmt.Sprintf("blobs/sha256/%02x", i)); err != nil {
				return err
			}
			s.blobs, err = s.dir.digests()
			return err
		}
		return w.repos[i-len(w.shards)].list(w.v2)
	})
}

func (r *bareRepo) list(v2 dir) error {
	err := r.in(v2, "_layers/sha256", func(d dir) (err error) {
		r.layers, err = d.digests()
		return err
	})
	if err != nil {
		return err
	}
	err = r.in(v2, "_manifests/revisions/sha256", func(d dir) (err error) {
		r.revisions, err = d.digests()
		return err
	})
	if err != nil {
		return err
	}
	return r.in(v2, "_manifests/tags", func(d dir) error {
		return d.list(func(name []byte, _ byte) { r.tags = append(r.tags, string(name)) })
	})
}

// in opens a directory of the repository for the time of read.
func (r *bareRepo) in(v2 dir, sub string, read func(dir) error) error {
	d, err := openDir(v2, r.path+"/"+sub)
	if err != nil {
		return err
	}
	defer d.close()
	return read(d)
}

func (w *walker) readTags() error {
	return parallel(len(w.repos), func(i int, buf []byte) error {
		r := w.repos[i]
		return r.in(w.v2, "_manifests/tags", func(d dir) error {
			for _, tag := range r.tags {
				link, err := d.readFile(tag+"/current/link", buf)
				if err != nil {
					return err
				}
				head, err := parseDigest(string(link))
				if err != nil {
					return err
				}
				r.heads = append(r.heads, head)
			}
			return nil
		})
	})
}

func (w *walker) readManifests() error {
	var unique []digest
	w.manifests = make(map[digest]*references)
	for _, r := range w.repos {
		for _, d := range r.revisions {
			if w.manifests[d] == nil {
				w.manifests[d] = new(references)
				unique = append(unique, d)
			}
		}
	}
	return parallel(len(unique), func(i int, buf []byte) error {
		d := unique[i]
		b, err := w.shards[d[0]].dir.readFile(d.hex()+"/data", buf)
		if err != nil {
			return err
		}
		if sha256.Sum256(b) != d {
			return fmt.Errorf("manifest %s does not hash to its name", d)
		}
		return w.manifests[d].parse(b)
	})
}

// parallel calls do for 0 to n-1 from walkJobs goroutines, each with a buffer
// of its own, until the first error.
func parallel(n int, do func(i int, buf []byte) error) error {
	var (
		next  atomic.Int64
		group errgroup.Group
	)
	for range walkJobs {
		group.Go(func() error {
			buf := make([]byte, 1<<20)
			for {
				i := int(next.Add(1)) - 1
				if i >= n {
					return nil
				}
				if err := do(i, buf); err != nil {
					next.Store(int64(n))
					return err
				}
			}
		})
	}
	return group.Wait()
}
