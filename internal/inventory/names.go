package inventory

import (
	"context"
	"errors"
	"strings"

	"github.com/opencontainers/go-digest"

	"regjanitor/internal/layout"
	"regjanitor/internal/store"
)

// Name is one that a repository has, or that of some begin with.
type Name struct {
	Name       string
	Repository bool // there is a repository of this name
	Parent     bool // there is something below it
}

// Names lists, in no order and without a scan, what begins with prefix, up to the
// next slash of the names: team/a may come to team/app and team/api, never to
// team/app/x. What cannot be looked into, or not before ctx ends, is taken for a
// repository. What no registry would take for a name is left out.
func Names(ctx context.Context, root store.Dir, prefix string) ([]Name, error) {
	above, path := "", layout.Repositories
	if i := strings.LastIndexByte(prefix, '/'); i >= 0 {
		if !nameable(prefix[:i]) {
			return nil, nil
		}
		above, path = prefix[:i+1], layout.Repository(prefix[:i])
	}
	dir, err := root.Open(path)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	names, err := directories(ctx, dir, func(name string) bool {
		return strings.HasPrefix(above+name, prefix) && nameable(name)
	})
	if err != nil {
		return nil, err
	}
	all := make([]Name, len(names))
	for i, name := range names {
		all[i].Name = above + name
		if ctx.Err() != nil || all[i].look(dir, name) != nil {
			all[i].Repository = true
		}
	}
	return all, nil
}

// nameable tells a name of repositories, of each part of which no shell makes
// anything else than it is.
func nameable(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || layout.Foreign(part) || strings.Trim(part, plain) != "" {
			return false
		}
	}
	return true
}

const plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"

var errEnough = errors.New("enough is known")

// look looks into the directory of a name.
func (n *Name) look(above store.Dir, path string) error {
	dir, err := above.Open(path)
	if err != nil {
		return err
	}
	defer dir.Close()
	err = dir.List(func(e store.Entry) error {
		switch name := string(e.Name); {
		case e.Type != store.Directory:
		case name == layout.Layers, name == layout.Manifests, name == layout.Uploads:
			n.Repository = true
		case !layout.Foreign(name):
			n.Parent = true
		}
		if n.Repository && n.Parent {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// TagNames lists the tags of a repository, in no order, and looks at none. What no
// registry would take for a tag is left out.
func TagNames(ctx context.Context, root store.Dir, repository string) ([]string, error) {
	return within(ctx, root, repository, layout.Tags, layout.ValidTag)
}

// RevisionNames lists the digests of a repository's revisions, in no order, and
// looks at none.
func RevisionNames(ctx context.Context, root store.Dir, repository string) ([]digest.Digest, error) {
	var all []digest.Digest
	_, err := within(ctx, root, repository, layout.Revisions+"/"+string(digest.SHA256), func(hex string) bool {
		d, err := layout.ParseLeaf(string(digest.SHA256), hex) // manifests have no other digests
		if err == nil {
			all = append(all, d)
		}
		return err == nil
	})
	return all, err
}

// within lists the good directories in one that a repository has.
func within(ctx context.Context, root store.Dir, repository, path string, good func(string) bool) ([]string, error) {
	if !nameable(repository) {
		return nil, nil
	}
	dir, err := root.Open(layout.Repository(repository) + "/" + path)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	return directories(ctx, dir, good)
}

// directories lists the good directories in one.
func directories(ctx context.Context, dir store.Dir, good func(string) bool) ([]string, error) {
	var all []string
	err := dir.List(func(e store.Entry) error {
		if name := string(e.Name); e.Type == store.Directory && good(name) {
			all = append(all, name)
		}
		return ctx.Err()
	})
	return all, err
}
