package report

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"regjanitor/internal/why"
)

// chains writes the chains, aligned. Where a line would be wider than the terminal,
// the times go below.
func (t WhyText) chains(w io.Writer, paint Paint, a *Why) {
	rows := make([][3]string, len(a.Chains))
	var widest [3]int
	for i, c := range a.Chains {
		rows[i] = [3]string{t.root(c), t.way(c), t.times(c)}
		for column, cell := range rows[i] {
			widest[column] = max(widest[column], utf8.RuneCountInString(cell))
		}
	}
	const gaps = len("  ") + len(" ") + len("  ")
	narrow := paint.Width > 0 && gaps+widest[0]+widest[1]+widest[2] > paint.Width
	for _, row := range rows {
		if narrow {
			fmt.Fprintf(w, "  %s %s\n      %s\n", row[0], row[1], row[2])
			continue
		}
		line := fmt.Sprintf("  %-*s %-*s  %s", widest[0], row[0], widest[1], row[1], row[2])
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
	if more := int64(a.ChainsTotal - len(a.Chains)); more > 0 {
		fmt.Fprintf(w, "  … and %s more, -v shows them\n", Count(more))
	}
}

// root is the name of what a chain begins with.
func (t WhyText) root(c WhyChain) string {
	if c.Tag == "" {
		return printable(c.Repository)
	}
	return printable(c.Repository + ":" + shortened(c.Tag))
}

// way is the chain behind its root. The last step is the target, which need not
// be named again.
func (t WhyText) way(c WhyChain) string {
	var way strings.Builder
	for i, s := range c.Steps {
		word := stepWord(s)
		if last := i == len(c.Steps)-1; !last || i == 0 && c.Tag == "" {
			word += " " + t.digest(s.Digest)
		}
		way.WriteString("→ " + word + " ")
	}
	return strings.TrimSpace(way.String())
}

func stepWord(s WhyStep) string {
	what := s.What
	if s.Platform != "" {
		what = s.Platform
	} else if s.Of > 0 {
		what = fmt.Sprintf("%s %d of %d", s.What, s.Number, s.Of)
	}
	switch why.Edge(s.By) {
	case why.BySubject:
		return "referrer"
	case why.ByAlias:
		return "stored as"
	case why.ByMismatch:
		return "whose link says " + what
	case why.BySignature:
		return "signature"
	}
	return what
}

// times are when a chain began, and how it ended.
func (t WhyText) times(c WhyChain) string {
	text := "pushed " + ago(c.Since, t.Now)
	if c.Since == nil {
		text = ""
	}
	switch why.Root(c.Root) {
	case why.RootTag:
		if c.About != "" {
			text += ", about " + t.digest(c.About)
			if c.AboutGone {
				text += ", which is not in " + printable(c.Repository)
			}
		}
	case why.RootHistory:
		text = "the tag has lost its link, and may have pointed here"
	case why.RootUntagged:
		text += "; the repository has no directory of tags"
	case why.RootPin:
		text = "linked " + ago(c.Since, t.Now)
	case why.RootExpired:
		text = "the cache has dropped what the tag points to"
	case why.RootNone:
		text += "; no tag's history names it"
	case why.RootPast:
		text = fmt.Sprintf("until %s, when %s was pushed", c.Until.Local().Format("2006-01-02 15:04"), t.digest(c.By))
		if c.Until == nil {
			text = "until " + t.digest(c.By) + " was pushed"
		}
	}
	return text
}
