package report_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"regjanitor/internal/report"
)

// pageOf is the page of a registry whose repositories are these rows.
func pageOf(t interface{ Fatal(...any) }, rows ...report.UsageRow) string {
	return pageWith(t, "/srv/registry", rows, nil, nil)
}

func pageWith(t interface{ Fatal(...any) }, root string, repositories, tags, layers []report.UsageRow) string {
	usage := func(by string, rows []report.UsageRow) *report.Usage {
		u := &report.Usage{By: by, Rows: rows, FreeBytes: 1 << 30}
		u.Root, u.Version, u.Started = root, "v1", time.Date(2026, 11, 22, 3, 14, 7, 0, time.UTC)
		for _, r := range rows {
			u.TotalBytes += r.Bytes
			u.ReclaimableBytes += r.ReclaimableBytes
		}
		return u
	}
	var out bytes.Buffer
	if err := report.Page(&out, "regjanitor sweep -n", usage("repo", repositories), usage("tag", tags), usage("layer", layers)); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestPageIsCompleteInItself: nothing in it leads elsewhere, and a browser may take
// no style and no script but the two that are in it.
func TestPageIsCompleteInItself(t *testing.T) {
	text := pageOf(t, report.UsageRow{Kind: "repository", Repository: "app", Bytes: 100, ReclaimableBytes: 40}, report.UsageRow{Kind: "links", Bytes: 10})
	for _, bad := range []string{"http:", "https:", "//www", "src=", "srcset", "@import", "<link", "<iframe", "<base", " style=", " onclick=", "unsafe-inline"} {
		if strings.Contains(text, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	for _, to := range regexp.MustCompile(`(?:url\(|href=)"?(.)`).FindAllStringSubmatch(text, -1) {
		if to[1] != "#" {
			t.Errorf("the page leads elsewhere: %s", to[0])
		}
	}
	if !strings.Contains(text, "default-src 'none'") {
		t.Error("the policy lets things in")
	}
	for _, element := range []string{"style", "script"} {
		found := regexp.MustCompile(`(?s)<`+element+`>(.*?)</`+element+`>`).FindAllStringSubmatch(text, -1)
		if len(found) != 1 {
			t.Fatalf("there are %d elements %s", len(found), element)
		}
		sum := sha256.Sum256([]byte(found[0][1]))
		if allowed := element + "-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(text, allowed) {
			t.Errorf("the policy does not have %s", allowed)
		}
	}
}

// TestPageTakesAnyName: what is on the disk may be called anything.
func TestPageTakesAnyName(t *testing.T) {
	for _, name := range []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onmouseover='alert(1)`, "a\xffb", "</style><script>alert(1)</script>",
		"</title></table>", "{{.Root}}", "&lt;b&gt;", "\x1b[31mred", "\u202egnp.exe", "a\x00b", "javascript:alert(1)", "`${alert(1)}`", "a\nb",
	} {
		row := func(kind string) report.UsageRow {
			return report.UsageRow{Kind: kind, Repository: name, Tag: name, Digest: name, Bytes: 1 << 20}
		}
		text := pageWith(t, "/"+name, []report.UsageRow{row("repository")}, []report.UsageRow{row("tag")}, []report.UsageRow{row("layer")})
		plain := pageWith(t, "/srv", []report.UsageRow{{Kind: "repository", Repository: "a", Bytes: 1 << 20}},
			[]report.UsageRow{{Kind: "tag", Repository: "a", Tag: "a", Digest: "a", Bytes: 1 << 20}}, []report.UsageRow{{Kind: "layer", Digest: "a", Bytes: 1 << 20}})
		elements := regexp.MustCompile(`<[a-zA-Z!/]+`)
		count := func(s string) map[string]int {
			n := map[string]int{}
			for _, e := range elements.FindAllString(strings.ReplaceAll(strings.ReplaceAll(s, "<wbr>", ""), "<em></em>", ""), -1) {
				if e != "<em" && e != "</em" { // a name with a slash has two parts
					n[e]++
				}
			}
			return n
		}
		if got, want := fmt.Sprint(count(text)), fmt.Sprint(count(plain)); got != want {
			t.Errorf("%q: the page has elements %s, want %s", name, got, want)
		}
		if !utf8.ValidString(text) || strings.ContainsAny(text, "\x00\x1b\u202e") {
			t.Errorf("%q: the page has bytes that are not to be seen", name)
		}
	}
}

var place = regexp.MustCompile(`(?m)^\.(p\d+)\{left:([\d.]+)%;top:([\d.]+)%;width:([\d.]+)%;height:([\d.]+)%\}$`)

// TestPictureIsToScale: in the wide picture as in the narrow one, the pieces cover
// the whole, none lies over another, and the areas are as the bytes.
func TestPictureIsToScale(t *testing.T) {
	kinds := []string{"repository", "repository", "repository", "shared", "garbage", "orphans", "uploads", "links"}
	rapid.Check(t, func(t *rapid.T) {
		var rows []report.UsageRow
		var total float64
		for i, n := range rapid.SliceOfN(rapid.Int64Range(1<<20, 1<<26), 1, 300).Draw(t, "bytes") {
			rows = append(rows, report.UsageRow{Kind: kinds[i%len(kinds)], Repository: "app" + strconv.Itoa(i), Bytes: n, ReclaimableBytes: n / int64(1+i%5)})
			total += float64(n)
		}
		text := pageOf(t, rows...)
		bytes := map[string]float64{}
		for _, c := range regexp.MustCompile(`(?s)<a class="cell \w+ (p\d+)".*?title=".*?\(([\d,]+) bytes\)`).FindAllStringSubmatch(text, -1) {
			bytes[c[1]], _ = strconv.ParseFloat(strings.ReplaceAll(c[2], ",", ""), 64)
		}
		style, _, _ := strings.Cut(text, "</style>")
		wide, narrow, both := strings.Cut(style[strings.Index(style, ".p0{"):], "@media")
		if !both {
			t.Fatal("there is one picture only")
		}
		for _, css := range []string{wide, narrow} {
			var pieces [][4]float64
			covered := 0.0
			for _, m := range place.FindAllStringSubmatch(css, -1) {
				var p [4]float64
				for i := range p {
					p[i], _ = strconv.ParseFloat(m[2+i], 64)
				}
				area := p[2] * p[3] / 1e4
				covered += area
				if want := bytes[m[1]] / total; math.Abs(area-want) > 3e-5 {
					t.Fatalf("%s covers %f, and takes %f of the bytes", m[1], area, want)
				}
				const slack = 0.002
				if p[0] < 0 || p[1] < 0 || p[0]+p[2] > 100+slack || p[1]+p[3] > 100+slack {
					t.Fatalf("%s is out of bounds: %v", m[1], p)
				}
				for _, q := range pieces {
					if min(p[0]+p[2], q[0]+q[2])-max(p[0], q[0]) > slack && min(p[1]+p[3], q[1]+q[3])-max(p[1], q[1]) > slack {
						t.Fatalf("%s lies over another: %v, %v", m[1], p, q)
					}
				}
				pieces = append(pieces, p)
			}
			if len(pieces) != len(bytes) || math.Abs(covered-1) > 1e-3 {
				t.Fatalf("%d pieces of %d cover %f", len(pieces), len(bytes), covered)
			}
		}
	})
}

// TestPictureTellsKindsApart: what one keeps, what several share, what goes and all
// else, in the picture, its legend and the bars.
func TestPictureTellsKindsApart(t *testing.T) {
	text := pageOf(t,
		report.UsageRow{Kind: "repository", Repository: "team/app", Bytes: 100 << 20, ReclaimableBytes: 40 << 20, SharedBytes: 7 << 20, Tags: 3, Untagged: 1},
		report.UsageRow{Kind: "shared", Bytes: 80 << 20}, report.UsageRow{Kind: "repository", Repository: "old", Bytes: 50 << 20, ReclaimableBytes: 50 << 20},
		report.UsageRow{Kind: "links", Bytes: 10 << 20})
	for _, want := range []string{
		`<a class="cell live p0" href="#r0" tabindex="-1" title="team/app` + "\n100 MiB, 42\u00a0% of all (104,857,600 bytes)\n40 MiB of it reclaimable\n7.0 MiB shared besides\n3 tags, 1 untagged" + `"><i></i><span><em>team/<wbr></em>app</span>`,
		".p0 i{height:40.000%}",
		`<a class="cell shared p1" href="#r1"`,
		`<a class="cell gone p2" href="#r2"`,
		`<a class="cell other p3" href="#r3"`,
		`<tr id="r0">`, `<tr id="r1" class="special">`,
		`<rect class="live" width="60.0%"/><rect class="gone" x="60.0%" width="40.0%"/>`,
		`<rect class="shared" width="80.0%"/></svg>`,
		`aria-label="240 MiB in all: 60 MiB kept by one repository, 80 MiB shared by several, 90 MiB reclaimable, 10 MiB links and other files, ` +
			`in pieces of which the largest are team/app with 100 MiB,`,
		`kept by one repository</span> <b title="62,914,560 bytes">60 MiB</b> <small>25` + "\u00a0%",
		`reclaimable</span> <b title="94,371,840 bytes">90 MiB</b> <small>38` + "\u00a0%",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not have %s", want)
		}
	}
}

var rowBytes = regexp.MustCompile(`</th><td class="n[^"]*" data-v="(\d+)"`)

// TestPageRowsAddUp: to the total, byte for byte.
func TestPageRowsAddUp(t *testing.T) {
	text := pageOf(t, report.UsageRow{Kind: "repository", Repository: "a", Bytes: 5<<30 + 1}, report.UsageRow{Kind: "repository", Repository: "b"},
		report.UsageRow{Kind: "orphans", Bytes: 77, ReclaimableBytes: 77}, report.UsageRow{Kind: "shared", Bytes: 1 << 40})
	var sum int64
	found := rowBytes.FindAllStringSubmatch(text, -1)
	for _, m := range found {
		n, _ := strconv.ParseInt(m[1], 10, 64)
		sum += n
	}
	if want := int64(5<<30 + 1 + 77 + 1<<40); len(found) != 4 || sum != want {
		t.Errorf("%d rows add up to %d, want 4 and %d", len(found), sum, want)
	}
}

// TestPageOfManyTags: it opens, and says what is not in it.
func TestPageOfManyTags(t *testing.T) {
	var repositories, tags []report.UsageRow
	pushed := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	digest := "sha256:" + strings.Repeat("0123456789abcdef", 4)
	for i := range 100_000 {
		name := fmt.Sprintf("platform/services/app-%05d", i%5000)
		tags = append(tags, report.UsageRow{Kind: "tag", Repository: name, Tag: fmt.Sprintf("build-%06d", i), Digest: digest, Bytes: 1 << 20, SharedBytes: 1 << 20, Pushed: &pushed})
		if i < 5000 {
			repositories = append(repositories, report.UsageRow{Kind: "repository", Repository: name, Tags: 20, Bytes: 20 << 20, SharedBytes: 1, Pushed: &pushed})
		}
	}
	repositories = append(repositories, report.UsageRow{Kind: "links", Bytes: 1})
	text := pageWith(t, "/srv", repositories, append(tags, report.UsageRow{Kind: "links", Bytes: 1}), tags[:0])
	if len(text) > 2<<20 {
		t.Errorf("the page has %d bytes", len(text))
	}
	if n := len(rowBytes.FindAllString(text, -1)); n != 2*(1000+1) {
		t.Errorf("there are %d rows, want a thousand of either and the two others", n)
	}
	for _, want := range []string{
		"The 99,000 smaller tags, 97 GiB together, are left out here: regjanitor du --by tag --top 0 shows them.",
		"The 4,000 smaller repositories, 78 GiB together, are left out here: regjanitor du --by repo --top 0 shows them.",
		"the 4,760 smaller ones\n93 GiB, 95\u00a0% of all (99,824,435,200 bytes)",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say: %s", want)
		}
	}
}

// TestPageSaysWhatToDo: in one sentence.
func TestPageSaysWhatToDo(t *testing.T) {
	for want, rows := range map[string][]report.UsageRow{
		"The registry is empty: there is nothing to do.</p>":                             nil,
		"There is nothing for a sweep to free. To make room, drop tags":                  {{Kind: "repository", Repository: "a", Bytes: 1}},
		"To see what would go, and change nothing: <code>regjanitor sweep -n</code></p>": {{Kind: "orphans", Bytes: 1, ReclaimableBytes: 1}},
	} {
		if text := pageOf(t, rows...); !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}
