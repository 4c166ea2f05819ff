package registrytest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"regjanitor/internal/layout"
)

// atRoot is a path relative to the storage root.
func (b *builder) atRoot(path string) string {
	root := strings.TrimSuffix(b.v2, filepath.FromSlash("/"+layout.Prefix))
	return filepath.Join(root, filepath.FromSlash(path))
}

// parseUpload reads REPO NAME [age=AGE] [size=SIZE] [startedat=TEXT].
func (s *Spec) parseUpload(words []string) (runner, error) {
	words, options, err := cutOptions(words, "age", "size", "startedat")
	if err != nil {
		return nil, err
	}
	if len(words) != 2 {
		return nil, errors.New("expected REPO NAME")
	}
	size := int64(64)
	if text, ok := options["size"]; ok {
		if size, err = parseSize(text); err != nil {
			return nil, err
		}
	}
	t := target{kind: "upload", repo: words[0], tag: words[1]}
	return aged(options, func(b *builder) error {
		b.world.repo(t.repo).uploads[t.tag] = b.age
		b.uploads[uploadID(t.tag)] = t.tag
		if err := b.put(t.file(), nil); err != nil {
			return err
		}
		if err := os.Truncate(b.abs(t.file()), size); err != nil {
			return fmt.Errorf("write upload: %w", err)
		}
		for _, offset := range []string{"0", fmt.Sprint(size)} {
			if err := b.put(t.dir()+"/"+layout.HashStates+"/sha256/"+offset, []byte("state")); err != nil {
				return err
			}
		}
		if text, ok := options["startedat"]; ok && text == "none" {
			return b.stampBelow(t.dir())
		} else if ok {
			return errors.Join(b.put(t.dir()+"/"+layout.StartedAt, []byte(text)), b.stampBelow(t.dir()))
		}
		return b.startUpload(t)
	})
}

// startUpload writes the moment of a beginning, and gives all the same age.
func (b *builder) startUpload(t target) error {
	text := b.now.Add(-b.age).UTC().Format(time.RFC3339)
	if err := b.put(t.dir()+"/"+layout.StartedAt, []byte(text)); err != nil {
		return err
	}
	return b.stampBelow(t.dir())
}

// parseCancel reads REPO NAME: what the API's delete of an upload leaves.
func (s *Spec) parseCancel(words []string) (runner, error) {
	words, options, err := cutOptions(words, "age")
	if err != nil {
		return nil, err
	}
	if len(words) != 2 {
		return nil, errors.New("expected REPO NAME")
	}
	t := target{kind: "upload", repo: words[0], tag: words[1]}
	return aged(options, func(b *builder) error {
		b.world.repo(t.repo).uploads[t.tag] = b.age
		b.uploads[uploadID(t.tag)] = t.tag
		if err := os.RemoveAll(b.abs(t.dir())); err != nil {
			return fmt.Errorf("cancel upload: %w", err)
		}
		if err := b.put(t.dir()+"/"+layout.HashStates+"/sha256/0", []byte("state")); err != nil {
			return err
		}
		return b.stampBelow(t.dir())
	})
}

// parseTemp reads TARGET [age=AGE].
func (s *Spec) parseTemp(words []string) (runner, error) {
	words, options, err := cutOptions(words, "age")
	if err != nil {
		return nil, err
	}
	t, err := s.parseOne(words)
	if err != nil {
		return nil, err
	}
	if t.kind == targetRepository {
		return nil, fmt.Errorf("%q has no link and no data", t)
	}
	return aged(options, func(b *builder) error {
		if t.kind == "upload" {
			ages := b.world.repo(t.repo).uploads
			ages[t.tag] = min(ages[t.tag], b.age)
		} else {
			b.world.temps["temp "+t.String()] = b.age
		}
		return b.put(t.file()+"."+uuidOf("temp "+t.String())+".tmp", []byte("half a lin"))
	})
}

// parseAgeOf reads TARGET AGE or everything AGE.
func (s *Spec) parseAgeOf(words []string) (runner, error) {
	if len(words) < 2 {
		return nil, errors.New("expected TARGET AGE or everything AGE")
	}
	age, err := parseAge(words[len(words)-1])
	if err != nil {
		return nil, err
	}
	words = words[:len(words)-1]
	if len(words) == 1 && words[0] == "everything" {
		return func(b *builder) error {
			b.age = age
			for name := range b.world.repos {
				if err := b.ageRepository(name); err != nil {
					return err
				}
			}
			return errors.Join(b.ageTemps(""), b.stampBelow(layout.Blobs))
		}, nil
	}
	t, err := s.parseOne(words)
	return func(b *builder) error {
		b.age = age
		switch t.kind {
		case targetRepository:
			return b.ageRepository(t.repo)
		case "upload":
			b.world.repo(t.repo).uploads[t.tag] = age
			return b.startUpload(t)
		}
		b.stamp(t.file())
		return nil
	}, err
}

// ageRepository ages all that a repository holds, nested ones excepted.
func (b *builder) ageRepository(name string) error {
	r := b.world.repo(name)
	for upload := range r.uploads {
		r.uploads[upload] = b.age
		if err := b.startUpload(target{kind: "upload", repo: name, tag: upload}); err != nil {
			return err
		}
	}
	for _, own := range []string{layout.Layers, layout.Manifests, layout.Uploads} {
		if err := b.stampBelow(layout.Repository(name) + "/" + own); err != nil {
			return err
		}
	}
	return b.ageTemps(name + " ")
}

// ageTemps follows in the model; of a repository or, for "", of the blobs.
func (b *builder) ageTemps(of string) error {
	if of == "" {
		of = "blob "
	}
	for temp := range b.world.temps {
		if strings.HasPrefix(temp, "temp "+of) {
			b.world.temps[temp] = b.age
		}
	}
	return nil
}

// stampBelow gives a directory and all below it the age at hand.
func (b *builder) stampBelow(dir string) error {
	top := b.abs(dir)
	if _, err := os.Lstat(top); os.IsNotExist(err) {
		return nil
	}
	return walk(top, func(_ *os.Root, _, path string, _ fs.FileInfo, _ error) {
		b.stamp(filepath.Join(top, path))
	})
}
