package report

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"time"

	"regjanitor/internal/usage"
)

//go:embed page
var pageFiles embed.FS

// page is what page.html shows.
type page struct {
	Policy, Style, Script template.HTML
	Root                  string
	RootParts             []string
	ISO, When, Version    string
	Took                  time.Duration
	Total                 pageSize
	Figures               []pageFigure
	Advice, Command       string
	Notes                 []pageNotes
	Cells                 []pageCell
	Described             string
	Legend                []pageShare
	Tables                []pageTable
}

// pageSize is a size for people, and its bytes.
type pageSize struct{ Number, Unit, Exact string }

type pageFigure struct {
	Label, Class, Note string
	Size               pageSize
}

type pageNotes struct {
	Title string
	Lines []string
}

// Page writes the space of a registry as one HTML page that is complete in itself:
// it asks nothing of a network, forbids itself to, and needs no script to be read.
// sweep is the command that shows what can go.
func Page(w io.Writer, sweep string, repositories, tags, layers *Usage) error {
	layout, err := template.ParseFS(pageFiles, "page/page.html")
	if err != nil {
		return err
	}
	p := page{
		Root: printable(repositories.Root), Version: printable(repositories.Version),
		ISO: repositories.Started.UTC().Format(time.RFC3339), When: repositories.Started.UTC().Format("Monday 2 January 2006, 15:04 UTC"),
		Took: took(repositories.DurationSeconds), Total: pageSizeOf(repositories.TotalBytes),
		Notes:  pageNotesOf(&repositories.Header),
		Tables: []pageTable{repositoryTable(repositories), tagTable(tags), layerTable(layers)},
	}
	p.RootParts = pageParts(p.Root)
	p.Figures = pageFigures(repositories)
	p.Advice, p.Command = pageAdvice(repositories, sweep)
	places := p.picture(repositories)
	if err := p.seal(places); err != nil {
		return err
	}
	var out bytes.Buffer
	if err := layout.Execute(&out, p); err != nil {
		return err
	}
	_, err = w.Write(out.Bytes())
	return err
}

// seal puts style and script in, and a policy by which a browser takes these two
// and nothing else, from wherever it be.
func (p *page) seal(places string) error {
	style, err := pageFiles.ReadFile("page/page.css")
	if err != nil {
		return err
	}
	script, err := pageFiles.ReadFile("page/page.js")
	if err != nil {
		return err
	}
	css, js := string(style)+places, string(script)
	p.Style, p.Script = template.HTML("<style>"+css+"</style>"), template.HTML("<script>"+js+"</script>")
	p.Policy = template.HTML(fmt.Sprintf(`<meta http-equiv="Content-Security-Policy" content="default-src 'none'; `+
		`style-src '%s'; script-src '%s'; base-uri 'none'; form-action 'none'">`, fingerprint(css), fingerprint(js)))
	return nil
}

func fingerprint(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

func pageFigures(u *Usage) []pageFigure {
	var repositories, tags int64
	for _, r := range u.Rows {
		switch r.Kind {
		case usage.Repository:
			repositories++
			tags += int64(r.Tags)
		case usage.Others:
			repositories += int64(r.Repositories)
			tags += int64(r.Tags)
		}
	}
	after := ""
	if u.ReclaimableBytes > 0 {
		after = Size(u.FreeBytes+u.ReclaimableBytes) + " after a sweep"
	}
	return []pageFigure{
		{"On disk", "total", someRepositories(repositories) + ", " + Some(tags, "tag"), pageSizeOf(u.TotalBytes)},
		{"A sweep frees", "gone", percent(u.ReclaimableBytes, u.TotalBytes) + " of it", pageSizeOf(u.ReclaimableBytes)},
		{"Free on the file system", "free", after, pageSizeOf(u.FreeBytes)},
	}
}

// isEmpty tells a tree of directories and nothing else.
func (u *Usage) isEmpty() bool {
	return !slices.ContainsFunc(u.Rows, func(r UsageRow) bool { return r.Kind != usage.Links })
}

// pageAdvice says in a sentence what to do.
func pageAdvice(u *Usage, sweep string) (sentence, command string) {
	switch {
	case u.isEmpty():
		return "The registry is empty: there is nothing to do.", ""
	case slices.ContainsFunc(u.Warnings, func(w Warning) bool { return w.Code == "blobs-not-judged" }):
		return "A sweep would be refused as things are, so that nothing counts as reclaimable: see the warnings.", ""
	case u.ReclaimableBytes == 0:
		return "There is nothing for a sweep to free. To make room, drop tags by a retention policy, or with", "regjanitor rm"
	}
	return "To see what would go, and change nothing:", sweep
}

func pageNotesOf(h *Header) []pageNotes {
	var notes []pageNotes
	var doubts, warnings []string
	for _, d := range h.Doubts {
		doubts = append(doubts, place(h, d.Path)+": "+printable(hinted(d.Problem, d.Hint)))
	}
	for _, w := range h.Warnings {
		warnings = append(warnings, place(h, w.Path)+": "+printable(w.Message))
	}
	for _, n := range []pageNotes{{Some(int64(len(doubts)), "thing") + " kept in doubt", doubts}, {Some(int64(len(warnings)), "warning"), warnings}} {
		if more := len(n.Lines) - mostNotes; more > 0 {
			n.Lines = append(n.Lines[:mostNotes:mostNotes], fmt.Sprintf("… and %s more, see --json", Count(int64(more))))
		}
		if len(n.Lines) > 0 {
			notes = append(notes, n)
		}
	}
	return notes
}

const mostNotes = 20

func pageSizeOf(bytes int64) pageSize {
	number, unit, _ := strings.Cut(Size(bytes), " ")
	return pageSize{number, unit, Some(bytes, "byte")}
}

// pageParts are the pieces of a name between which a line may break.
func pageParts(name string) []string { return strings.SplitAfter(name, "/") }

func percent(part, whole int64) string {
	switch {
	case part <= 0 || whole <= 0:
		return "0 %"
	case part*100 < whole:
		return "<1 %"
	case part < whole && part*100 > whole*99:
		return ">99 %"
	}
	return fmt.Sprintf("%.0f %%", 100*float64(part)/float64(whole))
}

func someRepositories(n int64) string {
	if n == 1 {
		return "1 repository"
	}
	return Count(n) + " repositories"
}
