package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"regjanitor/internal/why"
)

// chains writes the chains, aligned.
func (t WhyText) chains(w io.Writer, a *Why) {
	var aligned bytes.Buffer
	tw := tabwriter.NewWriter(&aligned, 0, 0, 1, ' ', 0)
	for _, c := range a.Chains {
		fmt.Fprintf(tw, "  %s\t%s\t %s\n", t.root(c), t.way(c), t.times(c))
	}
	tw.Flush()
	for line := range strings.Lines(aligned.String()) {
		fmt.Fprintln(w, strings.TrimRight(line, " \n"))
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
