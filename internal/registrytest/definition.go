package registrytest

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/opencontainers/go-digest"
)

// The kinds of things that a definition can make.
const (
	kindImage      = "image"
	kindDocker     = "docker"
	kindList       = "list"
	kindIndex      = "index"
	kindArtifact   = "artifact"
	kindSchema1    = "schema1"
	kindCacheIndex = "cacheindex"
	kindUnknown    = "unknown"
	kindText       = "text"

	kindLayer  = "layer"
	kindSparse = "sparse"
	kindConfig = "config"
	kindEmpty  = "empty"
)

// emptyName is the name of the OCI empty descriptor's blob, which holds {}.
const emptyName = "{}"

// A thing is what a name of the spec stands for: a manifest or a leaf.
type thing struct {
	name    string
	line    int
	kind    string
	refs    []reference
	options map[string]string

	settled, settling bool
	media             string
	data              []byte
	size              int64
	digest            digest.Digest
	diffID            digest.Digest // of a layer: what a config says about it
}

func (t *thing) isManifest() bool {
	switch t.kind {
	case kindLayer, kindSparse, kindConfig, kindEmpty:
		return false
	}
	return true
}

// A reference is one operand of a definition.
type reference struct {
	via    string // how the descriptor is written: one of the words in viaWords
	name   string
	absent bool // ~: never pushed
	times  int
}

var viaWords = []string{"foreign", "urls", "sha512", "tarsum", "plain"}

// pushed tells whether a push of the referring manifest brings this along.
func (r reference) pushed() bool { return !r.absent && r.via != "foreign" && r.via != "urls" }

// role is what a leaf without a definition turns out to be.
type role struct {
	kind  string
	owner *thing // of a config: the first image that uses it
}

var (
	validName         = regexp.MustCompile(`^(?:[A-Za-z0-9][A-Za-z0-9_.-]*|\{\})$`)
	definitionOptions = []string{"subject", "type", "schema", "keys", "nest", "pad", "note",
		"artifactType", "configType", "created"}
)

// parseDefinition reads NAME = KIND OPERAND... KEY=VALUE...
func (s *Spec) parseDefinition(st statement) error {
	if len(st.words) < 3 {
		return errors.New("a definition is NAME = KIND and one OPERAND or more")
	}
	name, kind := st.words[0], st.words[2]
	if !validName.MatchString(name) || name == emptyName {
		return fmt.Errorf("%q cannot be a name", name)
	}
	if s.things[name] != nil {
		return fmt.Errorf("%s is defined twice (first on line %d)", name, s.things[name].line)
	}
	operands, options, err := cutOptions(st.words[3:], definitionOptions...)
	if err != nil {
		return err
	}
	t := &thing{name: name, line: st.line, kind: kind, options: options}
	switch kind {
	case kindLayer, kindSparse:
		if len(operands) != 1 {
			return fmt.Errorf("%s takes one size", kind)
		}
		t.size, err = parseSize(operands[0])
	case kindImage, kindDocker, kindList, kindIndex, kindArtifact, kindSchema1, kindCacheIndex, kindUnknown, kindText:
		t.refs, err = parseReferences(operands)
		if len(operands) == 0 && (kind == kindImage || kind == kindDocker) {
			err = fmt.Errorf("%s needs a config (%s is the empty one)", kind, emptyName)
		}
	default:
		err = fmt.Errorf("unknown kind %q", kind)
	}
	if err != nil {
		return err
	}
	s.things[name] = t
	s.order = append(s.order, t)
	return nil
}

func parseReferences(words []string) ([]reference, error) {
	var refs []reference
	for _, word := range words {
		r, err := parseReference(word)
		if err != nil {
			return nil, err
		}
		refs = append(refs, r)
	}
	return refs, nil
}

// parseReference reads [~][VIA:]NAME[*TIMES].
func parseReference(word string) (reference, error) {
	r := reference{times: 1}
	text, absent := strings.CutPrefix(word, "~")
	r.absent = absent
	if via, name, ok := strings.Cut(text, ":"); ok {
		if !slices.Contains(viaWords, via) {
			return r, fmt.Errorf("%s: unknown prefix %q (known: %s)", word, via, strings.Join(viaWords, ", "))
		}
		r.via, text = via, name
	}
	if name, times, ok := strings.Cut(text, "*"); ok {
		n, err := strconv.Atoi(times)
		if err != nil || n < 1 {
			return r, fmt.Errorf("%s: %q is not a count", word, times)
		}
		r.times, text = n, name
	}
	if !validName.MatchString(text) {
		return r, fmt.Errorf("%q cannot be a name", text)
	}
	r.name = text
	return r, nil
}

// architectures are dealt out to the children of an index in turn.
var architectures = []string{"amd64", "arm64", "s390x", "ppc64le", "riscv64"}

// architecture is an image's, by its place in the first index that lists it.
func (s *Spec) architecture(name string) string {
	return architectures[s.places[name]%len(architectures)]
}

// assignRoles decides which undefined leaves are configs, and for which
// architecture an image is: the first use counts.
func (s *Spec) assignRoles() {
	claim := func(name string, r role) {
		if _, taken := s.roles[name]; !taken {
			s.roles[name] = r
		}
	}
	for _, t := range s.order {
		switch t.kind {
		case kindImage, kindDocker:
			claim(t.refs[0].name, role{kindConfig, t})
		case kindList, kindIndex:
			for i, r := range t.refs {
				if _, placed := s.places[r.name]; !placed {
					s.places[r.name] = i
				}
			}
		case kindCacheIndex:
			if n := len(t.refs); n > 0 {
				claim(t.refs[n-1].name, role{kindConfig, t})
			}
		}
	}
}

// thing finds what a name stands for; a name without a definition is a leaf.
func (s *Spec) thing(name string) (*thing, error) {
	t := s.things[name]
	if t == nil {
		if !validName.MatchString(name) {
			return nil, fmt.Errorf("%q cannot be a name", name)
		}
		r := s.roles[name]
		t = &thing{name: name, kind: kindLayer, options: map[string]string{}}
		switch {
		case name == emptyName:
			t.kind = kindEmpty
		case r.kind != "":
			t.kind = r.kind
		}
		s.things[name] = t
	}
	return t, s.settle(t)
}

// known is thing for names that must have been used or defined before.
func (s *Spec) known(name string) (*thing, error) {
	if s.things[name] == nil {
		return nil, fmt.Errorf("%s is not known here", name)
	}
	return s.thing(name)
}

// manifest is known for names that must be manifests.
func (s *Spec) manifest(name string) (*thing, error) {
	t, err := s.known(name)
	if err == nil && !t.isManifest() {
		err = fmt.Errorf("%s is no manifest", name)
	}
	return t, err
}

// settle gives a thing its bytes and its digest, after all that it names. A
// manifest that comes out like an earlier one gets a note, to differ.
func (s *Spec) settle(t *thing) error {
	if t.settled {
		return nil
	}
	if t.settling {
		return fmt.Errorf("%s contains itself", t.name)
	}
	t.settling = true
	if err := s.makeBytes(t); err != nil {
		return err
	}
	if t.digest == "" {
		t.digest = digest.FromBytes(t.data)
		t.size = int64(len(t.data))
	}
	if twin, taken := s.names[t.digest]; taken {
		if !t.isManifest() || t.options["note"] != "" {
			return fmt.Errorf("%s has the same bytes as %s", t.name, twin)
		}
		t.options["note"], t.digest, t.settling = t.name, "", false
		return s.settle(t)
	}
	if t.diffID == "" {
		t.diffID = t.digest
	}
	t.settled, t.settling = true, false
	s.names[t.digest] = t.name
	return nil
}

// refDigest is the digest by which a manifest names a reference.
func (s *Spec) refDigest(r reference) (digest.Digest, error) {
	t, err := s.thing(r.name)
	if err != nil {
		return "", err
	}
	d := t.digest
	switch r.via {
	case "sha512":
		if t.kind == kindSparse {
			return "", fmt.Errorf("%s is sparse and has no sha512", t.name)
		}
		d = digest.SHA512.FromBytes(t.data)
	case "tarsum":
		d = digest.Digest("tarsum.v1+sha256:" + digest.FromString("tarsum of "+t.name).Encoded())
	default:
		return d, nil
	}
	s.names[d] = r.via + ":" + t.name
	return d, nil
}

// toManifest tells whether the descriptor of r calls its target a manifest.
func (s *Spec) toManifest(r reference) bool {
	return r.via != "plain" && s.things[r.name] != nil && s.things[r.name].isManifest()
}
