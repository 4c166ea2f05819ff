package manifest

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"regjanitor/internal/layout"
)

// node is a JSON value read token by token: slow, and with nothing left out.
type node struct {
	kind     json.Delim // '{', '[', or 0
	value    any        // where kind is 0
	keys     []string
	children []node
}

func readNode(decoder *json.Decoder) node {
	decoder.UseNumber()
	token, err := decoder.Token()
	if err != nil {
		panic(err) // json.Valid has accepted it
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return node{value: token}
	}
	n := node{kind: delim}
	for decoder.More() {
		if delim == '{' {
			key, _ := decoder.Token()
			n.keys = append(n.keys, key.(string))
		}
		n.children = append(n.children, readNode(decoder))
	}
	decoder.Token() // the closing bracket
	return n
}

func (n node) isNull() bool { return n.kind == 0 && n.value == nil }

// each calls f with the members whose key is name in any case.
func (n node) each(name string, f func(node)) {
	for i, key := range n.keys {
		if strings.EqualFold(key, name) {
			f(n.children[i])
		}
	}
}

// verdict is what the oracle says of a manifest: what a Reader should.
type verdict struct {
	err        error
	references []Reference
	subjects   []Reference
}

// judge reads a manifest naively, position by position.
func judge(data []byte) verdict {
	if !json.Valid(data) {
		return verdict{err: ErrNotJSON}
	}
	top := readNode(json.NewDecoder(bytes.NewReader(data)))
	if top.kind != '{' {
		return verdict{err: ErrNotJSON}
	}
	var v verdict
	for i, key := range top.keys {
		member := node{kind: '{', keys: []string{key}, children: top.children[i : i+1]}
		for _, list := range []string{"layers", "manifests", "blobs", "fsLayers"} {
			member.each(list, func(n node) {
				if n.kind != '[' && !n.isNull() {
					v.err = ErrDescriptor
				}
				if n.kind == '[' {
					for _, element := range n.children {
						v.references = append(v.references, v.descriptor(element)...)
					}
				}
			})
		}
		member.each("config", func(n node) {
			for _, ref := range v.descriptor(n) {
				ref.Config = true
				v.references = append(v.references, ref)
			}
		})
		member.each("subject", func(n node) { v.subjects = append(v.subjects, v.descriptor(n)...) })
	}
	if v.err == nil {
		v.err = understood(top)
	}
	return v
}

func (v *verdict) descriptor(n node) []Reference {
	if n.isNull() {
		return nil
	}
	var found []Reference
	var manifest, foreign bool
	var size int64
	for i, key := range n.keys {
		value := n.children[i]
		text, isText := value.value.(string)
		switch {
		case strings.EqualFold(key, "digest") || strings.EqualFold(key, "blobSum"):
			if d, err := layout.ParseReferenceKey(text); err != nil {
				v.err = ErrDescriptor
			} else {
				found = append(found, Reference{Digest: d})
			}
		case strings.EqualFold(key, "mediaType"):
			if !isText && !value.isNull() {
				v.err = ErrDescriptor
			}
			manifest = manifest || known(text) != Unknown
		case strings.EqualFold(key, "urls"):
			foreign = foreign || value.kind == '[' && len(value.children) > 0
		case strings.EqualFold(key, "size"):
			number, _ := value.value.(json.Number)
			n, err := strconv.ParseUint(string(number), 10, 60)
			if size = int64(n); err != nil || n >= 1e18 {
				size = 0
			}
		}
	}
	if len(found) == 0 {
		v.err = ErrDescriptor
	}
	for i := range found {
		found[i].Manifest, found[i].Foreign = manifest, foreign
		found[i].Size = size
	}
	return found
}

func known(mediaType string) Kind {
	name, _, _ := strings.Cut(strings.ToLower(mediaType), ";")
	return kinds[strings.TrimSpace(name)]
}

// understood tells whether the media type and the schema version are known.
func understood(top node) error {
	kind, typed := Unknown, true
	top.each("mediaType", func(n node) {
		if text, ok := n.value.(string); ok && text == "" || n.isNull() {
			return
		}
		text, _ := n.value.(string)
		kind = known(text)
		typed = typed && kind != Unknown
	})
	if !typed {
		return ErrMediaType
	}
	for _, sign := range []struct {
		member string
		kind   Kind
	}{{"manifests", Index}, {"fsLayers", Schema1}, {"layers", Image}, {"config", Image}, {"blobs", Artifact}} {
		if kind == Unknown {
			top.each(sign.member, func(node) { kind = sign.kind })
		}
	}
	if kind == Unknown {
		return ErrMediaType
	}
	versions, good := 0, true
	top.each("schemaVersion", func(n node) {
		versions++
		number, _ := n.value.(json.Number)
		good = good && (number == "2" || number == "1" && kind == Schema1)
	})
	if !good || versions == 0 && kind != Artifact {
		return ErrSchemaVersion
	}
	return nil
}
