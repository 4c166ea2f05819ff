package e2e

import (
	picture "image"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// hostile is what a directory on the disk may be called, though no registry would
// make it.
const hostile = `"><img src=x onerror=document.body.dataset.owned=1>`

// pageFile is the page of a registry as it comes with its pushes, and of a
// repository with a name for which a page has to look out.
func pageFile(t *testing.T) (r *registry, file string) {
	t.Helper()
	w := newWorld(t, distribution{version: "2.8", program: programs.registry2, cacheIndex: true})
	byCrane(w.client, "odd", "v1", oci.image("odd", layer("odd")))
	w.stop()
	if err := os.Rename(w.v2("repositories", "odd"), w.v2("repositories", hostile)); err != nil {
		t.Fatal(err)
	}
	before := takeSnapshot(t, w.root)
	file = filepath.Join(t.TempDir(), "space.html")
	o := w.janitor("du", "--html", file).requireExit(t, exitDoubt) // about that name
	requireMentions(t, o, file)
	before.requireUnchanged(t, w.root)
	return w.registry, file
}

// TestPage opens the page of a real tree in a real browser.
func TestPage(t *testing.T) {
	b := newBrowser(t)
	r, file := pageFile(t)
	address, tree := "file://"+file, readTree(t, r)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	check := func(name string, test func(t *testing.T, b *browser)) {
		t.Run(name, func(t *testing.T) {
			b := b.of(t)
			test(t, b)
			b.requireSilence()
		})
	}
	check("shows all there is", func(t *testing.T, b *browser) {
		page := b.document(address+"#all=repositories&all=tags", 1280)
		if _, ready := attribute(element(t, page, "body", ""), "data-ready"); !ready {
			t.Error("the page's script did not come to its end")
		}
		requireContents(t, page, tree)
	})
	check("needs no script", func(t *testing.T, _ *browser) {
		page := parsed(t, text)
		requireContents(t, page, tree)
		if _, hidden := attribute(element(t, page, "search", ""), "hidden"); !hidden {
			t.Error("a box to filter is shown that does nothing")
		}
	})
	check("sorts and filters by its address", func(t *testing.T, b *browser) {
		const most = "#sort=tags.bytes.up&all=tags"
		page := b.document(address+most, 1280)
		if sizes := bytesOf(t, page, "tags"); !slices.IsSorted(sizes) {
			t.Errorf("%s: the tags have sizes %d", most, sizes)
		}
		matching := slices.DeleteFunc(slices.Clone(tree.tags), func(tag string) bool { return !strings.Contains(tag, "app") })
		page = b.document(address+"#sort=tags.name.up&filter=APP", 1280)
		requireEqual(t, "tags filtered", names(t, page, "tags"), matching)
		slices.Reverse(matching)
		page = b.document(address+"#sort=tags.name.down&filter=APP", 1280)
		requireEqual(t, "tags filtered, downwards", names(t, page, "tags"), matching)
	})
	check("is light and dark", func(t *testing.T, b *browser) {
		light, dark := brightness(b.screenshot(address, 390, false)), brightness(b.screenshot(address, 390, true))
		if light < 0.7 || light > 0.99 || dark > 0.35 || dark < 0.01 {
			t.Errorf("the light page has a brightness of %.2f, the dark one of %.2f", light, dark)
		}
	})
	check("fits any width", func(t *testing.T, b *browser) {
		open := filepath.Join(t.TempDir(), "open.html")
		write(t, open, []byte(strings.Replace(unprotected(text), "</body>", measure, 1)))
		for _, width := range []int{360, 600, 704, 1280, 1920} {
			page := b.document("file://"+open, width)
			if out, measured := attribute(element(t, page, "body", ""), "data-out"); out != "" || !measured {
				t.Errorf("%d wide: %s", width, out)
			}
		}
	})
	check("lets nothing in", func(t *testing.T, b *browser) {
		infected := strings.Replace(text, "</body>", foreign, 1)
		if owned(b, infected) {
			t.Error("a script of somebody else ran")
		}
		b.requireSilence()
		if !owned(b, unprotected(infected)) || len(b.requests()) == 0 {
			t.Error("what was put into the page does nothing even where it may: this test shows nothing")
		}
	})
}

// unprotected is a page without its policy.
func unprotected(text string) string {
	start := strings.Index(text, `<meta http-equiv="Content-Security-Policy"`)
	end := start + strings.Index(text[start:], ">") + 1
	return text[:start] + text[end:]
}

// foreign is what a page must not take.
const foreign = `<img src="http://foreign.test/a.png"><script>document.body.dataset.owned=1</script>` +
	`<link rel="stylesheet" href="http://foreign.test/c.css"></body>`

// owned tells whether a script ran that was put into a page.
func owned(b *browser, text string) bool {
	b.t.Helper()
	path := filepath.Join(b.t.TempDir(), "page.html")
	write(b.t, path, []byte(text))
	out, _ := b.run("file://"+path, 1280, "--dump-dom")
	_, owned := attribute(element(b.t, parsed(b.t, out), "body", ""), "data-owned")
	return owned
}

// measure tells what sticks out of the page, or of its piece of the picture.
const measure = `<script>
	const out = [];
	const wide = document.documentElement.scrollWidth;
	if (wide > innerWidth) out.push("the page is " + wide + " wide, and " + innerWidth + " show");
	for (const cell of document.querySelectorAll(".cell")) for (const label of cell.querySelectorAll("span, small")) {
		const a = cell.getBoundingClientRect(), b = label.getBoundingClientRect();
		if (b.width > 0 && (b.right > a.right + 1 || b.bottom > a.bottom + 1)) out.push(label.textContent + " sticks out");
		if (label.tagName === "SMALL" && label.scrollWidth > label.clientWidth) out.push("of " + label.textContent + " not all shows");
	}
	document.body.dataset.out = out.join(", ");
	</script></body>`

// requireContents finds every repository and tag in a page, and three tables that
// add up to the same.
func requireContents(t *testing.T, page *html.Node, tree tree) {
	t.Helper()
	requireList(t, "repositories", slices.Sorted(slices.Values(names(t, page, "repositories"))), tree.repositories)
	plain := func(tags []string) []string { // a signature counts with its image, where that is there
		tags = slices.DeleteFunc(slices.Clone(tags), func(tag string) bool { return strings.Contains(tag, ":sha256-") })
		return slices.Sorted(slices.Values(tags))
	}
	requireList(t, "tags", plain(names(t, page, "tags")), plain(tree.tags))
	sums := map[int64]bool{}
	for _, id := range []string{"repositories", "tags", "layers"} {
		var sum int64
		for _, n := range bytesOf(t, page, id) {
			sum += n
		}
		sums[sum] = true
	}
	if len(sums) != 1 {
		t.Errorf("the tables do not add up to the same: %v", sums)
	}
}

// names are those of the rows that a table shows, as far as they are not special.
func names(t *testing.T, page *html.Node, id string) (shown []string) {
	t.Helper()
	for _, row := range rows(t, page, id) {
		_, hidden := attribute(row, "hidden")
		if class, _ := attribute(row, "class"); class != "special" && !hidden {
			shown = append(shown, textOf(elements(row, "th")[0]))
		}
	}
	return shown
}

func rows(t *testing.T, page *html.Node, id string) []*html.Node {
	t.Helper()
	return elements(element(t, element(t, page, "table", id), "tbody", ""), "tr")
}

// bytesOf are the sizes of all rows of a table.
func bytesOf(t *testing.T, page *html.Node, id string) (sizes []int64) {
	t.Helper()
	for _, row := range rows(t, page, id) {
		v, _ := attribute(elements(row, "td")[0], "data-v")
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			t.Errorf("%s: %v", textOf(row), err)
		}
		sizes = append(sizes, n)
	}
	return sizes
}

// brightness is that of a picture on the average, of 0 to 1.
func brightness(shot picture.Image) float64 {
	bounds := shot.Bounds()
	var sum, n float64
	for y := bounds.Min.Y; y < bounds.Max.Y; y += 7 {
		for x := bounds.Min.X; x < bounds.Max.X; x += 7 {
			r, g, b, _ := shot.At(x, y).RGBA()
			sum += float64(r+g+b) / (3 * 0xffff)
			n++
		}
	}
	return sum / n
}
