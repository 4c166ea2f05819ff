package registrytest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"

	"regjanitor/internal/layout"
)

type runner = func(*builder) error

// parsers holds every statement that is no definition.
var parsers = map[string]func(s *Spec, words []string) (runner, error){
	"push":       (*Spec).parsePush,
	"mount":      (*Spec).parseMount,
	"blob":       (*Spec).parseBlob,
	"history":    (*Spec).parseHistory,
	"untag":      (*Spec).parseUntag,
	"delete":     (*Spec).parseDelete,
	"expire":     (*Spec).parseExpire,
	"upload":     (*Spec).parseUpload,
	"cancel":     (*Spec).parseCancel,
	"damage":     (*Spec).parseDamage,
	"temp":       (*Spec).parseTemp,
	"signatures": (*Spec).parseSignatures,
	"proxy":      (*Spec).parseProxy,
	"age":        (*Spec).parseAgeOf,
	"file":       (*Spec).parseRaw,
	"dir":        (*Spec).parseRaw,
	"fifo":       (*Spec).parseRaw,
	"symlink":    (*Spec).parseRaw,
	"remove":     (*Spec).parseRaw,
	"move":       (*Spec).parseRaw,
	"chmod":      (*Spec).parseRaw,
	"deep":       (*Spec).parseRaw,
}

func (s *Spec) parseStep(st statement) (runner, error) {
	parse := parsers[st.words[0]]
	if parse == nil {
		known := make([]string, 0, len(parsers))
		for word := range parsers {
			known = append(known, word)
		}
		return nil, fmt.Errorf("unknown statement %q (known: NAME = KIND, %s)", st.words[0], joined(known))
	}
	words := st.words[1:]
	if rawArity[st.words[0]] != [2]int{} {
		words = st.words
	}
	run, err := parse(s, words)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", st.words[0], err)
	}
	return run, nil
}

// aged runs a step with the age that its option names.
func aged(options map[string]string, run runner) (runner, error) {
	text, ok := options["age"]
	if !ok {
		return run, nil
	}
	age, err := parseAge(text)
	if err != nil {
		return nil, err
	}
	return func(b *builder) error {
		b.age = age
		return run(b)
	}, nil
}

// parsePush reads REPO:TAG NAME or REPO@ NAME.
func (s *Spec) parsePush(words []string) (runner, error) {
	words, options, err := cutOptions(words, "age", "links")
	if err != nil {
		return nil, err
	}
	if len(words) != 2 {
		return nil, errors.New("expected REPO:TAG NAME or REPO@ NAME")
	}
	repo, byDigest := strings.CutSuffix(words[0], "@")
	tag := ""
	if !byDigest {
		var ok bool
		if repo, tag, ok = strings.Cut(words[0], ":"); ok {
			if tag, err = s.tagName(tag); err != nil {
				return nil, err
			}
		}
		if !ok || !layout.ValidTag(tag) {
			return nil, fmt.Errorf("%q is neither REPO:TAG nor REPO@", words[0])
		}
	}
	if !layout.ValidRepository(repo) {
		return nil, fmt.Errorf("%q is no name for a repository", repo)
	}
	if links, ok := options["links"]; ok && links != "layers" {
		return nil, fmt.Errorf("links=%s (only links=layers is known)", links)
	}
	t, err := s.manifest(words[1])
	if err != nil {
		return nil, err
	}
	p := push{repo: repo, inLayers: options["links"] == "layers"}
	return aged(options, func(b *builder) error {
		if err := p.manifest(b, t); err != nil || byDigest {
			return err
		}
		return b.putTag(repo, tag, t)
	})
}

// parseMount reads REPO REF...
func (s *Spec) parseMount(words []string) (runner, error) {
	words, options, err := cutOptions(words, "age")
	if err != nil {
		return nil, err
	}
	if len(words) < 2 || !layout.ValidRepository(words[0]) {
		return nil, errors.New("expected REPO and one REF or more")
	}
	refs, err := s.leaves(words[1:])
	if err != nil {
		return nil, err
	}
	return aged(options, func(b *builder) error {
		for _, r := range refs {
			if err := b.putBlob(s.things[r.name]); err != nil {
				return err
			}
			if err := b.mount(words[0], r); err != nil {
				return err
			}
		}
		return nil
	})
}

// leaves parses references that may be named here for the first time.
func (s *Spec) leaves(words []string) ([]reference, error) {
	refs, err := parseReferences(words)
	if err != nil {
		return nil, err
	}
	for _, r := range refs {
		if _, err := s.refDigest(r); err != nil {
			return nil, err
		}
	}
	return refs, nil
}

// parseBlob reads NAME...
func (s *Spec) parseBlob(words []string) (runner, error) {
	words, options, err := cutOptions(words, "age")
	if err != nil {
		return nil, err
	}
	refs, err := s.leaves(words)
	if err != nil {
		return nil, err
	}
	return aged(options, func(b *builder) error {
		for _, r := range refs {
			if err := b.putBlob(s.things[r.name]); err != nil {
				return err
			}
		}
		return nil
	})
}

// parseHistory reads REPO:TAG NAME.
func (s *Spec) parseHistory(words []string) (runner, error) {
	words, options, err := cutOptions(words, "age")
	if err != nil {
		return nil, err
	}
	if len(words) != 2 {
		return nil, errors.New("expected REPO:TAG NAME")
	}
	repo, tag, ok := strings.Cut(words[0], ":")
	if !ok {
		return nil, fmt.Errorf("%q is not REPO:TAG", words[0])
	}
	t, err := s.manifest(words[1])
	if err != nil {
		return nil, err
	}
	return aged(options, func(b *builder) error { return b.putHistory(repo, tag, t) })
}

// parseOne reads a target of one of some kinds, and nothing after it.
func (s *Spec) parseOne(words []string, kinds ...string) (target, error) {
	t, rest, err := s.parseTarget(words)
	switch {
	case err != nil:
		return t, err
	case len(rest) > 0:
		return t, fmt.Errorf("unexpected %q", strings.Join(rest, " "))
	case len(kinds) > 0 && !slices.Contains(kinds, t.kind):
		return t, fmt.Errorf("%q is a %s, not a %s", t, t.kind, strings.Join(kinds, " or "))
	}
	return t, nil
}

// parseUntag reads REPO:TAG.
func (s *Spec) parseUntag(words []string) (runner, error) {
	t, err := s.parseOne(words, "tag")
	return func(b *builder) error { return b.untag(t.repo, t.tag) }, err
}

// parseDelete reads REPO@NAME or REPO layer NAME.
func (s *Spec) parseDelete(words []string) (runner, error) {
	t, err := s.parseOne(words, "revision", "layer")
	return func(b *builder) error {
		if t.kind == "layer" {
			return b.unlink(t)
		}
		return b.deleteManifest(t)
	}, err
}

// parseExpire reads REPO@NAME or REPO layer NAME.
func (s *Spec) parseExpire(words []string) (runner, error) {
	t, err := s.parseOne(words, "revision", "layer")
	return func(b *builder) error { return b.unlink(t) }, err
}

// parseProxy reads nothing more.
func (s *Spec) parseProxy(words []string) (runner, error) {
	if len(words) > 0 {
		return nil, errors.New("takes no operand")
	}
	return func(b *builder) error {
		b.world.proxy = true
		return b.put(b.atRoot(layout.SchedulerState), []byte("{}"))
	}, nil
}

// parseSignatures reads REPO@NAME.
func (s *Spec) parseSignatures(words []string) (runner, error) {
	words, options, err := cutOptions(words, "age")
	if err != nil {
		return nil, err
	}
	t, err := s.parseOne(words, "revision")
	if err != nil {
		return nil, err
	}
	signature := &thing{name: signatureName(t.name), kind: kindConfig, settled: true, data: signatureBytes(t.name)}
	signature.digest = digest.FromBytes(signature.data)
	s.things[signature.name] = signature
	s.names[signature.digest] = signature.name
	return aged(options, func(b *builder) error {
		if err := b.putBlob(signature); err != nil {
			return err
		}
		b.world.repo(t.repo).signatures[t.digest] = signature.digest
		at := t
		at.kind = "signature"
		return b.put(at.file(), []byte(signature.digest))
	})
}
