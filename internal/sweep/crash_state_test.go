package sweep_test

import (
	"fmt"
	"path"
	"strings"

	"regjanitor/internal/layout"
	"regjanitor/internal/store"
	"regjanitor/internal/store/storetest"
)

// broken lists what dangles in a tree, in words: a tag whose revision link is
// gone or that lost its current link, a revision or a layer link whose blob is
// gone, a layer link whose content names another link that is gone. It looks at
// files alone and shares nothing with the janitor but the names of the layout.
func broken(tree *storetest.Memory) []string {
	paths := map[string]bool{}
	var links, tags []string
	for at, info := range tree.All() {
		rest, inside := strings.CutPrefix(at, layout.Prefix+"/")
		if !inside {
			continue
		}
		paths[rest] = true
		switch {
		case info.Type == store.Regular && path.Base(rest) == layout.Link:
			links = append(links, rest)
		case info.Type == store.Directory && strings.HasSuffix(path.Dir(rest), "/"+layout.Tags):
			tags = append(tags, rest)
		}
	}
	var all []string
	for _, tag := range tags {
		if !paths[tag+"/"+layout.Current+"/"+layout.Link] {
			all = append(all, "without a current link: "+tag)
		}
	}
	for _, link := range links {
		text, _ := tree.Text(layout.Prefix + "/" + link)
		if missing := missingTarget(paths, link, text); missing != "" {
			all = append(all, fmt.Sprintf("dangling: %s, for want of %s", link, missing))
		}
	}
	return all
}

// missingTarget is what a link needs, by its own content, and does not find.
func missingTarget(paths map[string]bool, link, text string) string {
	algorithm, hex, ok := strings.Cut(strings.TrimSpace(text), ":")
	if !ok || len(hex) < 2 {
		return ""
	}
	blob := path.Join(layout.Blobs, algorithm, hex[:2], hex, layout.Data)
	var needs []string
	if repository, rest, ok := strings.Cut(link, "/"+layout.Tags+"/"); ok {
		if path.Base(path.Dir(rest)) == layout.Current { // a tag's history is never read by a pull
			needs = []string{path.Join(repository, layout.Revisions, algorithm, hex, layout.Link)}
		}
	} else if repository, _, ok := strings.Cut(link, "/"+layout.Layers+"/"); ok {
		needs = []string{blob, path.Join(repository, layout.Layers, algorithm, hex, layout.Link)}
	} else if strings.Contains(link, "/"+layout.Revisions+"/") {
		needs = []string{blob}
	}
	for _, need := range needs {
		if !paths[need] {
			return need
		}
	}
	return ""
}

// amongLinks tells a layer link that lacks but another one: of garbage that is
// no harm, for its blob is there still.
func amongLinks(line string) bool {
	_, need, _ := strings.Cut(line, ", for want of ")
	return strings.Contains(need, "/"+layout.Layers+"/")
}

// frame is what every state between the begin and the end of a run has to have:
// all that there is in both.
type frame struct {
	kept   []keptThing
	broken map[string]bool
	files  map[uint64]string // by inode
	had    map[string]bool   // as storetest.Memory.Diff words it
}

type keptThing struct {
	path string
	kind store.Type
	size int64
	text string
}

func frameOf(before, after *storetest.Memory) frame {
	f := frame{broken: map[string]bool{}, files: map[uint64]string{}, had: map[string]bool{}}
	for at, info := range before.Clone().All() {
		if info.Type == store.Regular {
			f.files[info.Inode] = at
		}
		if then, ok := after.Lookup(at); ok && then.Type == info.Type {
			k := keptThing{path: at, kind: info.Type}
			if info.Type != store.Directory {
				k.size = info.Size
				k.text, _ = before.Text(at)
			}
			f.kept = append(f.kept, k)
		}
	}
	for _, line := range before.Diff(storetest.NewMemory()) {
		f.had[line[1:]] = true
	}
	for _, line := range broken(before) {
		f.broken[line] = true
	}
	return f
}

// check lists what is wrong with a state.
func (f frame) check(state *storetest.Memory) []string {
	var wrong []string
	for _, k := range f.kept {
		info, ok := state.Lookup(k.path)
		if ok && info.Type == k.kind && k.kind != store.Directory {
			text, _ := state.Text(k.path)
			ok = info.Size == k.size && text == k.text
		}
		if !ok || info.Type != k.kind {
			wrong = append(wrong, "lost: "+k.path)
		}
	}
	for _, line := range broken(state) {
		if !f.broken[line] {
			wrong = append(wrong, line)
		}
	}
	return wrong
}

// missing lists the files that are nowhere any more.
func (f frame) missing(state *storetest.Memory) []string {
	there := map[uint64]bool{}
	for _, info := range state.All() {
		there[info.Inode] = true
	}
	var wrong []string
	for inode, at := range f.files {
		if !there[inode] && !strings.HasPrefix(at, ".regjanitor/") {
			wrong = append(wrong, "neither in the tree nor set aside: "+at)
		}
	}
	return wrong
}
