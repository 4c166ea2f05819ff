package listing

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"regjanitor/internal/layout"
	"regjanitor/internal/registrytest"
)

const signed = `
	A = image c x
	B = image d x
	I = index A B
	U = image u x
	S = image s1 s              # cosign's: by its tag's name alone
	T = image t1 t
	V = image v1 v
	O = image {} o subject=I artifactType=application/spdx+json
	F = index O                 # clients keep it where there is no API for referrers
	P = image {} p subject=O artifactType=application/vnd.cncf.notary.signature
	R = artifact r subject=A
	push app:multi I
	push app:latest I
	push app:single A
	push app:sha256-<I>.sig S
	push app:sha256-<B>.att T
	push app:sha256-<I> F
	push app:sha256-<U>.sbom V
	push app@ U
	push app@ O
	push app@ P
	Q = artifact q subject=U
	push app:my-scan R
	push app@ Q
`

// outline is a listing as a test compares it.
func outline(tree *registrytest.Tree, rows []Row) string {
	var out strings.Builder
	line := func(indent string, m *Manifest) {
		tag := m.Tag
		if subject, _, ok := layout.TagSubject(tag); ok {
			tag = strings.Replace(tag, subject.Encoded(), tree.Name(subject), 1)
		}
		out.WriteString(indent + tag + " " + tree.Name(m.Digest))
		if m.Purpose != "" {
			out.WriteString(" " + m.Purpose)
		}
		out.WriteString("\n")
	}
	for _, row := range rows {
		line("", &row.Manifest)
		for _, m := range row.Beneath {
			line("  ", &m)
		}
	}
	return out.String()
}

func all(wanted Wanted) Wanted {
	wanted.All, wanted.Referring = true, true
	return wanted
}

// What is about an image lies beneath it, and what is about that too; each once,
// beneath the first tag of several. What is about an image without a tag has a row
// of its own, unless that has one.
func TestWhatIsAboutAnImageLiesBeneathIt(t *testing.T) {
	tree, inv := scan(t, signed)
	const tagged = `
latest I
  sha256-I F index
  sha256-I.sig S signature
   O sbom
  my-scan R referrer
  sha256-B.att T attestation
   P signature
multi I
sha256-U.sbom V sbom
single A
`
	list := Manifests(inv, []Wanted{all(Wanted{})})
	if diff := cmp.Diff(tagged, "\n"+outline(tree, Arrange(list, false))); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
	const untagged = `
latest I
  sha256-I F index
  sha256-I.sig S signature
   O sbom
  my-scan R referrer
  sha256-B.att T attestation
   P signature
multi I
single A
 U
  sha256-U.sbom V sbom
   Q referrer
`
	list = Manifests(inv, []Wanted{all(Wanted{Untagged: true})})
	if diff := cmp.Diff(untagged, "\n"+outline(tree, Arrange(list, true))); diff != "" {
		t.Errorf("with what is untagged: want -, got +:\n%s", diff)
	}
}

// What is named has a row of its own.
func TestReferrersThatAreNamedHaveRowsOfTheirOwn(t *testing.T) {
	tree, inv := scan(t, signed)
	i, _ := inv.Repositories[0].FindTag("my-scan")
	list := Manifests(inv, []Wanted{{Tags: map[int]bool{i: true}}})
	if diff := cmp.Diff("my-scan R referrer\n", outline(tree, Arrange(list, false))); diff != "" {
		t.Errorf("alone: want -, got +:\n%s", diff)
	}
	list = Manifests(inv, []Wanted{{All: true, Tags: map[int]bool{i: true}}})
	if got := outline(tree, Arrange(list, false)); !strings.Contains(got, "\nmy-scan R referrer\n") {
		t.Errorf("among all others: %s", got)
	}
}

// Where the image is gone its signatures have rows of their own, and what is about
// these lies beneath them.
func TestWhatIsAboutSomethingGone(t *testing.T) {
	tree, inv := scan(t, `
		A = image c x
		S = image {} s subject=A
		T = image {} t subject=S
		push app:about-it T
		push app:signature S
	`)
	got := outline(tree, Arrange(Manifests(inv, []Wanted{all(Wanted{})}), false))
	if diff := cmp.Diff("signature S referrer\n  about-it T referrer\n", got); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}

// Each comes once for each of its tags, whether the tag tells what it is about, or it
// says so itself, or both do; and an index that is about something is more than a
// list of referrers.
func TestReferrersOfAnImage(t *testing.T) {
	tree, inv := scan(t, `
		A = image c x
		S = image {} s subject=A artifactType=application/vnd.dev.sigstore.bundle.v0.3+json
		T = image d t
		R = artifact r subject=A
		X = index R subject=A artifactType=application/vnd.example.sbom
		push app:v1 A
		push app:sha256-<A>.sig S
		push app:sha256-<A>.att T
		push app:sha256-<A> X
		push app:scan R
		push app:again R
	`)
	var got []string
	for _, m := range Manifests(inv, []Wanted{{All: true}}) {
		if m.Kind != map[bool]string{true: "image", false: "artifact"}[m.Tag == "v1"] && !strings.HasPrefix(m.Kind, "index") {
			t.Errorf("%s is listed as %s", m.Tag, m.Kind)
		}
		if m.Tag == "v1" {
			for _, r := range m.Referrers {
				got = append(got, tree.Name(r.Digest)+" "+r.Purpose+" of "+tree.Name(r.Subject))
			}
		}
	}
	want := []string{"R referrer of A", "R referrer of A", "S signature of A", "T attestation of A", "X sbom of A"}
	if diff := cmp.Diff(want, got, cmpopts.SortSlices(strings.Compare)); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}

// Tags can be made so that their manifests are about each other, or about
// themselves: they come nevertheless, each once.
func TestWhatIsAboutEachOtherIsListed(t *testing.T) {
	tree, inv := scan(t, `
		A = image c x
		B = image d x
		U = image u x
		push app:sha256-<A>.sig B
		push app:sha256-<B>.sig A
		push app:sha256-<U>.sig U
	`)
	rows := Arrange(Manifests(inv, []Wanted{all(Wanted{})}), false)
	n := 0
	for _, row := range rows {
		n += 1 + len(row.Beneath)
	}
	if n != 3 {
		t.Errorf("%d of 3:\n%s", n, outline(tree, rows))
	}
}

// A repository's untagged manifests are those that a sweep takes.
func TestUntaggedIsWhatNoTagNeeds(t *testing.T) {
	_, inv := scan(t, signed)
	if got := Repositories(inv)[0].Untagged; got != 2 {
		t.Errorf("%d are untagged; want U and Q", got)
	}
}

func TestNamesAreInTheOrderThatPeopleExpect(t *testing.T) {
	_, inv := scan(t, `
		A = image c x
		push b10:v A
		push b9:v10 A
		push b9:v9 A
		push b9:v1 A
		push b9:a A
	`)
	var got []string
	for _, m := range Manifests(inv, []Wanted{{Repository: 1, All: true}, {Repository: 0, All: true}}) {
		got = append(got, m.Repository+":"+m.Tag)
	}
	if diff := cmp.Diff([]string{"b9:a", "b9:v1", "b9:v9", "b9:v10", "b10:v"}, got); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
	for i, row := range Repositories(inv) {
		if name := inv.Repositories[i].Name; row.Name != name {
			t.Errorf("beside the inventory's %s lies %s", name, row.Name)
		}
	}
}
