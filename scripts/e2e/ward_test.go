package e2e

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"testing"
)

// ward is a registry that holds an image of each kind for each wound that its
// parts can have, every one under a tag of its own.
type ward struct {
	*registry
	patients []patient
}

// kinds are what the repositories of a ward hold: an image that is another for
// every name.
var kinds = map[string]func(name string) image{
	"docker":    func(name string) image { return docker.image(name, layerOf(name, 100)) },
	"oci":       func(name string) image { return oci.image(name, layerOf(name, 100)) },
	"list":      func(name string) image { return docker.multiArch(name, layerOf(name, 100)) },
	"attested":  func(name string) image { return attested(oci.image(name, layerOf(name, 100))) },
	"nested":    func(name string) image { return oci.index(oci.multiArch(name, layerOf(name, 100))) },
	"chart":     helmChart,
	"artifact":  func(name string) image { return artifact("vnd.example.model", name) },
	"signature": func(name string) image { return cosignSignature(artifact("vnd.example.signed", name)) },
	"cache":     func(name string) image { return cacheImage(layerOf(name, 100)) },
	"sha512":    func(name string) image { return sha512Image(name, layerOf(name, 100)) },
	"layers":    func(name string) image { return cacheIndex(layerOf(name, 100)) },
}

// newWard fills a registry and stops it; nothing is hurt yet. The parts of an image
// and the manifests of an index get every wound, all others two of them, in turn.
func newWard(t *testing.T, d distribution) *ward {
	t.Helper()
	w := &ward{registry: startedRegistry(t, d)}
	turn := 0
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		if kind == "layers" && !d.cacheIndex {
			continue
		}
		for place, where := range placesIn(kinds[kind]("any")) {
			wounds := where.wounds()
			for n, wound := range wounds {
				if kind == "oci" || kind == "list" && where.links == revisions || (n+turn)%len(wounds) < 2 {
					w.admit(kind, place, wound)
				}
			}
			turn += 2
		}
	}
	w.admitOddCases()
	w.atOnce(func(p patient) { w.client.push(p.repo, p.tag, p.image) })
	w.stop()
	return w
}

// admit is for an image that has this wound at one of its places.
func (w *ward) admit(kind string, place int, wound wound) {
	name := fmt.Sprintf("%s %d %s", kind, place, wound.name)
	i := kinds[kind](name)
	where := placesIn(i)[place]
	w.patients = append(w.patients, patient{w.registry, kind + "/" + where.name, wound.name, i, where, wound})
}

// atOnce does something with all patients: with all repositories at the same time, as
// registries wait for the disk; but with one after the other in each, as 2.8 reads a
// link that another push is just rewriting.
func (w *ward) atOnce(do func(patient)) {
	w.t.Helper()
	failed := w.t.Failed()
	in := map[string][]patient{}
	for _, p := range w.patients {
		in[p.repo] = append(in[p.repo], p)
	}
	var all sync.WaitGroup
	slots := make(chan struct{}, 8)
	for _, patients := range in {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			for _, p := range patients {
				do(p)
			}
		})
	}
	all.Wait()
	if !failed && w.t.Failed() {
		w.t.FailNow()
	}
}

// copied is the same ward in another registry, which has a copy of the tree.
func (w *ward) copied(t *testing.T) *ward {
	t.Helper()
	c := w.only(func(patient) bool { return true })
	c.registry = newRegistry(t, w.distribution)
	command(t, "cp", "-a", w.root+"/.", c.root)
	for i := range c.patients {
		c.patients[i].registry = c.registry
	}
	return c
}

// only is the same ward without the patients that are no longer of interest.
func (w *ward) only(interesting func(patient) bool) *ward {
	none := func(p patient) bool { return !interesting(p) }
	return &ward{w.registry, slices.DeleteFunc(slices.Clone(w.patients), none)}
}

// hurt inflicts every patient's wound.
func (w *ward) hurt() {
	w.t.Helper()
	for _, p := range w.patients {
		if p.wound.inflict != nil {
			p.wound.inflict(p)
		}
	}
}

// pulls starts the registry and pulls all tags that it lists. Of each it tells what is
// wrong with it: nothing, if it is empty.
func (w *ward) pulls() map[string]string {
	w.t.Helper()
	w.start()
	defer w.stop()
	listed := w.listed()
	var lock sync.Mutex
	answers := map[string]string{}
	w.atOnce(func(p patient) {
		if !listed[p.name()] {
			return
		}
		answer := ""
		if err := pull(w.client, p.repo, p.tag); err != nil {
			answer = err.Error()
		}
		lock.Lock()
		defer lock.Unlock()
		answers[p.name()] = answer
	})
	return answers
}

// pushAgain sends the images of all patients once more.
func (w *ward) pushAgain() {
	w.t.Helper()
	w.start()
	defer w.stop()
	w.atOnce(func(p patient) { p.push(w.client) })
}

// listed are the tags that the registry tells of, by the names of the repositories:
// the catalogue of 2.8 has none that lacks _layers.
func (w *ward) listed() map[string]bool {
	w.t.Helper()
	listed, asked := map[string]bool{}, map[string]bool{}
	for _, p := range w.patients {
		if asked[p.repo] {
			continue
		}
		asked[p.repo] = true
		for _, tag := range w.client.tags(p.repo) {
			listed[p.repo+":"+tag] = true
		}
	}
	return listed
}

// push sends the whole image again, whatever the registry says to each part of it.
func (p patient) push(c client) {
	p.t.Helper()
	var send func(reference string, i image)
	send = func(reference string, i image) {
		for _, child := range i.children {
			send(child.digest(), child)
		}
		for _, b := range i.blobs {
			upload := c.do(http.MethodPost, p.repo+"/blobs/uploads/", "", nil).header.Get("Location")
			c.do(http.MethodPut, withQuery(upload, "digest="+b.digest()), "application/octet-stream", b.data)
		}
		c.do(http.MethodPut, p.repo+"/manifests/"+reference, i.manifest.mediaType, i.manifest.data)
	}
	send(p.tag, p.image)
}
