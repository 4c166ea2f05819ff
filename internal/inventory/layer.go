package inventory

import (
	"slices"

	"regjanitor/internal/layout"
)

func (s *scan) layers(r *Repository, path string) error {
	return s.algorithms(r, path, func(alg, path string) error {
		switch alg {
		case canonical:
			return s.namedLayers(r, path)
		case layout.Tarsum:
			return s.tarsums(r, path)
		}
		return s.aliases(r, path, named(alg))
	})
}

func (s *scan) tarsums(r *Repository, path string) error {
	return s.algorithms(r, path, func(version, path string) error {
		return s.algorithms(r, path, func(alg, path string) error {
			return s.aliases(r, path, func(hex []byte) (layout.Key, error) {
				d, err := layout.TarsumDigest(version, alg, string(hex))
				return layout.KeyOf(d), err
			})
		})
	})
}

// namedLayers lists the layer links of a repository whose names say what they
// point to. Whether they are there is looked at later.
func (s *scan) namedLayers(r *Repository, path string) error {
	return s.folders(path, func(in *place) error {
		leaves, err := s.leaves(r, in, named(canonical))
		found := make([]Layer, len(leaves))
		for i, leaf := range leaves {
			found[i] = Layer{Digest: leaf.id, Target: leaf.id, Link: LinkGood}
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		r.Layers = join(r.Layers, found)
		return err
	})
}

// aliases reads the layer links of another algorithm: only their content says
// what they point to.
func (s *scan) aliases(r *Repository, path string, parse parser) error {
	return s.folders(path, func(in *place) error {
		leaves, err := s.leaves(r, in, parse)
		found := make([]Layer, len(leaves))
		s.each(in, len(leaves), func(i int) error {
			found[i] = Layer{Digest: leaves[i].id, Target: leaves[i].id}
			return s.alias(r, in, &found[i], string(leaves[i].name))
		}, func() {
			found = slices.DeleteFunc(found, func(l Layer) bool { return l.Link == LinkAbsent })
			s.mu.Lock()
			defer s.mu.Unlock()
			r.Layers = join(r.Layers, found)
		})
		return err
	})
}

// join is append, but takes over a whole slice rather than copy it.
func join[T any](to, more []T) []T {
	if len(to) == 0 {
		return more
	}
	return append(to, more...)
}

func (s *scan) alias(r *Repository, in *place, layer *Layer, hex string) error {
	if err := s.layerLink(r, in, layer, hex); err != nil || layer.Link != LinkGood {
		return err
	}
	link := s.readLink(in, hex+"/"+layout.Link)
	if link.State == LinkAbsent {
		s.vanished(in.at(hex + "/" + layout.Link))
	}
	if layer.Link = link.State; link.Points() {
		layer.Target = link.Target
	}
	return nil
}

// layerLinks looks at the layer links that have not been looked at. In a large
// tree a sweep does without, but for those of manifests, which registry 2.1 kept
// there: the name says all that the marking asks, and what is removed is looked
// at then.
func (s *scan) layerLinks() error {
	every := s.opts.EveryLink || s.opts.ForPulls || s.few
	for _, r := range s.inv.Repositories {
		s.crew.each(len(r.Layers), func(i int) error {
			layer := &r.Layers[i]
			if layer.Looked() || !every && s.inv.Manifest(layer.Digest) == nil {
				return nil
			}
			defer s.meter.Add(1)
			return s.layerLink(r, s.top, layer, layout.Layer(r.Name, s.inv.Digests.Digest(layer.Digest)))
		}, func() {
			r.Layers = slices.DeleteFunc(r.Layers, func(l Layer) bool { return l.Link == LinkAbsent })
		})
	}
	return nil
}

// layerLink looks at the link in a directory.
func (s *scan) layerLink(r *Repository, in *place, layer *Layer, directory string) error {
	look := s.seeLink
	if s.opts.ForPulls {
		look = s.readLink
	}
	link := look(in, directory+"/"+layout.Link)
	if s.opts.ForPulls && link.State == LinkGood {
		layer.Target = link.Target
	}
	layer.Link, layer.Stamp = link.State, link.Stamp
	if layer.Link == LinkAbsent {
		return s.linkless(r, in.at(directory))
	}
	return nil
}
