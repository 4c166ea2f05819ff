package report

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"regjanitor/internal/why"
)

var (
	whyNow   = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	whyLayer = digest.Digest("sha256:" + strings.Repeat("1", 64))
	whyImage = digest.Digest("sha256:" + strings.Repeat("2", 64))
	whyIndex = digest.Digest("sha256:" + strings.Repeat("3", 64))
)

func whyChain(root why.Root, tag string) why.Chain {
	return why.Chain{Root: root, Repository: "team/app", Tag: tag, Since: whyNow.Add(-72 * time.Hour), Steps: []why.Step{
		{Digest: whyIndex, What: "index", By: why.ByRoot},
		{Digest: whyImage, What: "image", By: why.ByReference, Number: 2, Of: 3, Platform: "linux/arm64"},
		{Digest: whyLayer, What: "layer", By: why.ByReference, Number: 4, Of: 7},
	}}
}

func whyText(t *testing.T, paint Paint, quiet bool, a *why.Answer) string {
	t.Helper()
	var out bytes.Buffer
	WhyText{Now: whyNow, Quiet: quiet}.Explain(&out, paint, WhyOf(a))
	return out.String()
}

// TestWhyInANarrowTerminal: the times go below what would be too wide with them.
func TestWhyInANarrowTerminal(t *testing.T) {
	a := &why.Answer{
		Target: why.Target{Kind: why.OfDigest, Digest: whyLayer}, State: why.Kept, What: "layer", Reason: why.ByChain, Bytes: 30 << 20, Disk: 30 << 20,
		Chains: []why.Chain{whyChain(why.RootTag, "v1"), whyChain(why.RootTag, "v1.2.3")}, ChainsTotal: 39,
		Links: []why.Link{{Repository: "team/app"}, {Repository: "other\x1b"}}, LinksTotal: 5,
	}
	const narrow = `layer sha256:111111111111, 30 MiB

kept by 39 tags:
  team/app:v1 → index sha256:333333333333 → linux/arm64 sha256:222222222222 → layer 4 of 7
      pushed 3 days ago
  team/app:v1.2.3 → index sha256:333333333333 → linux/arm64 sha256:222222222222 → layer 4 of 7
      pushed 3 days ago
  … and 37 more, -v shows them

linked by team/app, other\x1b and 3 more
`
	const wide = `layer sha256:111111111111, 30 MiB

kept by 39 tags:
  team/app:v1     → index sha256:333333333333 → linux/arm64 sha256:222222222222 → layer 4 of 7  pushed 3 days ago
  team/app:v1.2.3 → index sha256:333333333333 → linux/arm64 sha256:222222222222 → layer 4 of 7  pushed 3 days ago
  … and 37 more, -v shows them

linked by team/app, other\x1b and 3 more
`
	for width, want := range map[int]string{80: narrow, 112: narrow, 113: wide, 0: wide} {
		if diff := cmp.Diff(want, whyText(t, Paint{Width: width}, false, a)); diff != "" {
			t.Errorf("%d columns: want (-), got (+):\n%s", width, diff)
		}
	}
}

// TestWhyVerdicts: what -q says of a layer.
func TestWhyVerdicts(t *testing.T) {
	ended := whyChain(why.RootPast, "v1")
	ended.Until, ended.By = whyNow.Add(-48*time.Hour), whyImage
	layer, upload := why.Target{Kind: why.OfDigest, Digest: whyLayer}, why.Target{Kind: why.OfUpload, Path: "repositories/a/_uploads/u"}
	for _, c := range []struct {
		want string
		why.Answer
	}{
		{"kept by 1 tag", why.Answer{State: why.Kept, Reason: why.ByChain, Chains: []why.Chain{whyChain(why.RootTag, "v1")}, ChainsTotal: 1}},
		{"kept by 2 tags and manifests", why.Answer{State: why.Kept, Reason: why.ByChain, Chains: []why.Chain{whyChain(why.RootTag, "v1"), whyChain(why.RootUntagged, "")}, ChainsTotal: 2}},
		{"kept by 1 manifest", why.Answer{State: why.Kept, Reason: why.ByChain, Chains: []why.Chain{whyChain(why.RootUntagged, "")}, ChainsTotal: 1}},
		{"kept in doubt: its repository is, as a whole", why.Answer{State: why.Doubt, Reason: why.ByPin}},
		{"kept in doubt: a symbolic link leads to it, or may", why.Answer{State: why.Doubt, Reason: why.BySymlink}},
		{"garbage: no tag needs it since 2 days ago", why.Answer{State: why.Garbage, Chains: []why.Chain{ended}, ChainsTotal: 1}},
		{"garbage: no tag needs it", why.Answer{State: why.Garbage, Chains: []why.Chain{whyChain(why.RootNone, "")}, ChainsTotal: 1}},
		{"garbage: it is linked, and no manifest there needs it", why.Answer{State: why.Garbage, LinksTotal: 1}},
		{"missing; wanted by 1 tag", why.Answer{State: why.Missing, Chains: []why.Chain{whyChain(why.RootTag, "v1")}, ChainsTotal: 1}},
		{"missing; nothing that stays wants it", why.Answer{State: why.Missing, Chains: []why.Chain{ended}, ChainsTotal: 1}},
		{"not there, and that is legitimate; wanted by 1 tag", why.Answer{State: why.Missing, Lawful: true, Chains: []why.Chain{whyChain(why.RootTag, "v1")}, ChainsTotal: 1}},
		{"kept: it is too young to go", why.Answer{Target: upload, State: why.Kept, Reason: why.ByYouth}},
		{"kept: it is not the registry's", why.Answer{Target: upload, State: why.Kept, Reason: why.ByNobody}},
	} {
		name := "upload repositories/a/_uploads/u"
		if c.What = "upload"; c.Target == (why.Target{}) {
			c.Target, c.What, name = layer, "layer", "layer sha256:111111111111"
		}
		if got := whyText(t, Paint{}, true, &c.Answer); got != name+": "+c.want+"\n" {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
