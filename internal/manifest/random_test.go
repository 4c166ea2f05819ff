package manifest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// drawer draws manifests as nobody sane would write them.
type drawer struct{ *rapid.T }

func (d drawer) pick(words ...string) string { return rapid.SampledFrom(words).Draw(d.T, "pick") }

func (d drawer) odds(of int) bool { return rapid.IntRange(1, of).Draw(d.T, "odds") == 1 }

// key is a name in one of the ways in which a lenient reader knows it again.
func (d drawer) key(name string) string {
	switch d.pick("plain", "plain", "plain", "upper", "escaped", "folded") {
	case "upper":
		name = strings.ToUpper(name)
	case "escaped":
		at := rapid.IntRange(0, len(name)-1).Draw(d.T, "at")
		name = fmt.Sprintf(`%s\u%04x%s`, name[:at], name[at], name[at+1:])
	case "folded":
		name = strings.Replace(name, "s", "ſ", 1)
	}
	return `"` + name + `"`
}

func (d drawer) space() string { return d.pick("", "", "", " ", "\n\t", "\r\n  ") }

func (d drawer) object(members ...string) string {
	return "{" + d.space() + strings.Join(members, d.space()+","+d.space()) + d.space() + "}"
}

func (d drawer) member(name, value string) string {
	return d.key(name) + d.space() + ":" + d.space() + value
}

// digest is nearly always a good one.
func (d drawer) digest() string {
	if d.odds(40) {
		return d.pick(`""`, "null", "5", `"latest"`, `["x"]`, "{}", `"sha256:short"`, `"`+a.String()+` "`)
	}
	return d.pick(`"`+a.String()+`"`, `"`+b.String()+`"`, `"tarsum+`+c.String()+`"`, `"sha256\u003a`+hexA+`"`)
}

func (d drawer) mediaType() string {
	if d.odds(40) {
		return d.pick("5", "{}", `"x/y"`, `"\ud800"`)
	}
	return d.pick("null", `""`, `"`+mediaTypeList+`"`, `"`+mediaTypeSchema2+`; x=y"`, `"`+mediaTypeArtifact+`"`, `"`+strings.ToUpper(mediaTypeSchema1)+`"`)
}

func (d drawer) descriptor() string {
	if d.odds(30) {
		return d.pick("null", "null", "5", `"x"`, "[]")
	}
	members := []string{d.member(d.pick("digest", "digest", "blobSum"), d.digest())}
	for range rapid.IntRange(0, 3).Draw(d.T, "more") {
		switch d.pick("digest", "mediaType", "mediaType", "urls", "size", "noise") {
		case "digest":
			members = append(members, d.member("digest", d.digest()))
		case "mediaType":
			mediaType := d.mediaType()
			if d.odds(2) {
				mediaType = `"application/vnd.oci.image.layer.v1.tar"`
			}
			members = append(members, d.member("mediaType", mediaType))
		case "urls":
			members = append(members, d.member("urls", d.pick("[]", "[ ]", "null", `["x"]`, `"x"`, "[[]]")))
		case "size":
			members = append(members, d.member("size", d.pick("123", "0", "1e3", "-1", `"5"`, "null")))
		default:
			members = append(members, d.member("annotations", `{"digest":"`+c.String()+`","x":[{"]":"}"},"\""]}`))
		}
	}
	return d.object(rapid.Permutation(members).Draw(d.T, "order")...)
}

func (d drawer) list() string {
	if d.odds(30) {
		return d.pick("null", "null", "5", `"x"`, "{}")
	}
	var elements []string
	for range rapid.IntRange(0, 3).Draw(d.T, "elements") {
		elements = append(elements, d.descriptor())
	}
	return "[" + d.space() + strings.Join(elements, d.space()+",") + d.space() + "]"
}

func (d drawer) manifest() string {
	var members []string
	if !d.odds(20) {
		members = append(members, d.member("schemaVersion", d.pick("2", "2", "2", "2", "2", "2", "2", "1", "3", `"2"`)))
	}
	for range rapid.IntRange(0, 5).Draw(d.T, "members") {
		switch name := d.pick("config", "subject", "layers", "layers", "manifests", "blobs", "fsLayers", "mediaType", "noise"); name {
		case "config", "subject":
			members = append(members, d.member(name, d.descriptor()))
		case "mediaType":
			members = append(members, d.member(name, d.mediaType()))
		case "noise":
			members = append(members, d.member("history", `[{"digest":"`+c.String()+`"}]`))
		default:
			members = append(members, d.member(name, d.list()))
		}
	}
	return d.space() + d.object(rapid.Permutation(members).Draw(d.T, "order")...) + d.space()
}

func TestParseAgreesWithANaiveReader(t *testing.T) {
	understood, failed := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		data := []byte(drawer{t}.manifest())
		if err := check(data); err != nil {
			t.Fatalf("%s\n%s", err, data)
		}
		if _, err := parse(data); err == nil {
			understood++
		} else {
			failed++
		}
	})
	if understood < failed/9 || failed < understood/9 {
		t.Errorf("of the manifests drawn %d are understood and %d are not: one side is hardly tried", understood, failed)
	}
}

// Strings are read eight bytes at a time: no byte may go by in the crowd.
func TestEveryByteOfAStringCounts(t *testing.T) {
	tried := func(inside []byte) {
		quoted := []byte(`"` + string(inside) + `"`)
		if got, want := accepts(quoted), json.Valid(quoted); got != want {
			t.Fatalf("accepted: %v; by json.Valid: %v: %q", got, want, quoted)
		}
	}
	for length := range 20 {
		for at := range length {
			inside := []byte(strings.Repeat("x", length))
			for c := range 256 {
				inside[at] = byte(c)
				tried(inside)
				if at > 0 {
					inside[at-1] = byte(c) ^ 1
					tried(inside)
					inside[at-1] = 'x'
				}
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.SliceOf(rapid.Byte()).Draw(t, "data")
		want := bytes.IndexFunc(data, func(c rune) bool { return c < ' ' || c == '"' || c == '\\' })
		if want < 0 {
			want = len(data)
		}
		if got := plain(data); got != want {
			t.Fatalf("%d plain bytes, want %d: %q", got, want, data)
		}
	})
}

// One byte more, less or other: where the syntax is all but right.
func TestTheSyntaxIsJSONs(t *testing.T) {
	base := []byte(`{"a":[-0,0.5e-7,1E+9,-10.25,{}],"w":[true,false,null, []],"s":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00\uD800é"}` + "\n")
	others := []byte("\x00\x1f \t\n\r\v\"\\/{}[]:,-+.0129eEuUabfnrtlsx\x7f\x80\xff")
	tried := func(data []byte) {
		if got, want := accepts(data), json.Valid(data); got != want {
			t.Errorf("accepted: %v; by json.Valid: %v: %q", got, want, data)
		}
	}
	for at := range len(base) + 1 {
		tried(base[:at])
		for _, c := range others {
			tried(append(append(append([]byte{}, base[:at]...), c), base[at:]...))
			if at < len(base) {
				tried(append(append(append([]byte{}, base[:at]...), c), base[at+1:]...))
			}
		}
		if at < len(base) {
			tried(append(append([]byte{}, base[:at]...), base[at+1:]...))
		}
	}
	for _, depth := range []int{deepest - 1, deepest, deepest + 1} {
		tried([]byte(strings.Repeat("[", depth) + strings.Repeat("]", depth)))
		tried([]byte(strings.Repeat(`{"":`, depth) + "0" + strings.Repeat("}", depth)))
	}
}
