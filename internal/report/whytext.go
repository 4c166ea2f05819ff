package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"regjanitor/internal/why"
)

// WhyText is how an answer is told to people.
type WhyText struct {
	Now   time.Time
	Full  bool // digests in full
	Quiet bool // the verdict alone
}

// Explain writes an answer: what the thing is, what becomes of it, and why.
func (t WhyText) Explain(w io.Writer, paint Paint, a *Why) {
	if t.Quiet {
		fmt.Fprintf(w, "%s: %s\n", t.name(a), t.verdict(a))
		return
	}
	fmt.Fprintf(w, "%s%s\n", paint.bold(t.name(a)), t.figures(a))
	verdict := t.verdict(a)
	itself := a.Reason == why.ByTag && a.ChainsTotal == 1
	if len(a.Chains) > 0 && !itself {
		verdict += ":"
	}
	switch why.State(a.State) {
	case why.Garbage, why.Missing:
		verdict = paint.red(verdict)
	case why.Doubt:
		verdict = paint.yellow(verdict)
	default:
		verdict = paint.bold(verdict)
	}
	fmt.Fprintf(w, "\n%s\n", verdict)
	if !itself {
		t.chains(w, paint, a)
	}
	for _, line := range t.notes(a) {
		fmt.Fprintln(w, line)
	}
}

// name is what a target is called.
func (t WhyText) name(a *Why) string {
	switch why.Kind(a.Target.Kind) {
	case why.OfTag:
		return a.What + " " + printable(a.Target.Repository+":"+a.Target.Tag)
	case why.OfEntry:
		return fmt.Sprintf("history entry %s of %s", t.digest(a.Target.Digest), printable(a.Target.Repository+":"+a.Target.Tag))
	case why.OfRevision:
		return fmt.Sprintf("%s %s in %s", a.What, t.digest(a.Target.Digest), printable(a.Target.Repository))
	case why.OfLayer:
		return fmt.Sprintf("layer link %s in %s", t.digest(a.Target.Digest), printable(a.Target.Repository))
	case why.OfRepository:
		return a.What + " " + printable(a.Target.Repository)
	case why.OfDigest:
		return a.What + " " + t.digest(a.Target.Digest)
	}
	return a.What + " " + printable(a.Target.Path)
}

func (t WhyText) digest(d string) string { return digestText(d, t.Full) }

// figures are how large a target is, since when it is there, and the like.
func (t WhyText) figures(a *Why) string {
	var all []string
	if a.Bytes > 0 || a.DiskBytes > 0 {
		size := Size(a.Bytes)
		if on := Size(a.DiskBytes); on != size {
			size += " (" + on + " on disk)"
		}
		all = append(all, size)
	}
	if a.Since != nil {
		verb := map[why.Kind]string{why.OfDigest: "stored", why.OfTag: "pushed", why.OfRevision: "pushed", why.OfLayer: "linked"}[why.Kind(a.Target.Kind)]
		all = append(all, strings.TrimSpace(verb+" "+ago(a.Since, t.Now)))
	}
	if a.PointsTo != "" {
		all = append(all, "points to "+t.digest(a.PointsTo))
	}
	if len(all) == 0 {
		return ""
	}
	return ", " + strings.Join(all, ", ")
}

// verdict is what becomes of a target, in a few words.
func (t WhyText) verdict(a *Why) string {
	switch why.State(a.State) {
	case why.Kept:
		return t.kept(a)
	case why.Garbage:
		return "garbage: " + t.garbage(a)
	case why.Doubt:
		return "kept in doubt" + doubtful[a.Reason]
	}
	who := "nothing that stays wants it"
	if n := int64(a.ChainsTotal); n > 0 && why.Root(a.Chains[0].Root) != why.RootPast && why.Root(a.Chains[0].Root) != why.RootNone {
		who = "wanted by " + t.keepers(a)
	}
	if a.Legitimate {
		return "not there, and that is legitimate; " + who
	}
	return "missing; " + who
}

var doubtful = map[string]string{
	why.ByPin:     ": its repository is, as a whole",
	why.BySymlink: ": a symbolic link leads to it, or may",
	why.ByUnknown: ": something that stays needs a blob, and nobody knows which",
}

func (t WhyText) kept(a *Why) string {
	switch a.Reason {
	case why.ByTag:
		if a.ChainsTotal > 1 {
			return "kept: a plain sweep removes no tag; what it points to is kept by " + t.keepers(a)
		}
		return "kept: a plain sweep removes no tag; no other one keeps what it points to"
	case why.ByYouth:
		return "kept: it is too young to go"
	case why.ByNobody:
		return "kept: it is not the registry's"
	case why.ByHistory:
		return "kept with its tag"
	case why.ByFrame:
		if a.ChainsTotal > 0 {
			return "kept by " + t.keepers(a)
		}
		return "kept: something in it stays"
	}
	return "kept by " + t.keepers(a)
}

// keepers counts what the chains begin with.
func (t WhyText) keepers(a *Why) string {
	tags := 0
	for _, c := range a.Chains {
		if c.Tag != "" {
			tags++
		}
	}
	n := int64(a.ChainsTotal)
	switch tags {
	case len(a.Chains):
		return Some(n, "tag")
	case 0:
		return Some(n, "manifest")
	}
	return Count(n) + " tags and manifests"
}

func (t WhyText) garbage(a *Why) string {
	switch {
	case a.What == "upload":
		return "nobody has touched it for long"
	case a.What == "leftover":
		return "a killed registry, or an earlier run, has left it behind"
	case a.Reason == "empty":
		return "nothing is left in it"
	case len(a.Chains) > 0 && a.Chains[0].Until != nil:
		return "no tag needs it since " + ago(a.Chains[0].Until, t.Now)
	case len(a.Chains) > 0:
		return "no tag needs it"
	case a.LinksTotal > 0:
		return "it is linked, and no manifest there needs it"
	}
	return "nothing links it; an upload that no manifest followed has left it, or an image that was deleted"
}

// notes are what else there is to say, a line each.
func (t WhyText) notes(a *Why) []string {
	var notes []string
	state := why.State(a.State)
	if state == why.Kept && a.Reason == why.ByChain && a.ChainsTotal == 1 && a.Chains[0].Root == string(why.RootTag) {
		notes = append(notes, "only this tag keeps it")
	}
	if names := linkers(a); names != "" && (why.Kind(a.Target.Kind) == why.OfDigest) {
		notes = append(notes, "linked by "+names)
	}
	if state == why.Missing && !a.Legitimate {
		notes = append(notes, "an image cannot be pulled without it: push it again")
	}
	if state == why.Garbage {
		frees := "regjanitor sweep removes it"
		if a.FreesBytes > 0 {
			frees += " and frees " + Size(a.FreesBytes)
		}
		if a.FreesBlobs > 1 {
			frees += fmt.Sprintf(" (%s)", Some(int64(a.FreesBlobs), "blob"))
		}
		if len(a.KeepWith) > 0 {
			frees += "; kept with " + strings.Join(a.KeepWith, " or ")
		}
		notes = append(notes, frees)
	}
	if len(notes) > 0 {
		notes = append([]string{""}, notes...)
	}
	return notes
}

// linkers are the repositories that link a target.
func linkers(a *Why) string {
	var names []string
	for _, l := range a.Links {
		if name := printable(l.Repository); len(names) == 0 || names[len(names)-1] != name {
			names = append(names, name)
		}
	}
	text := strings.Join(names, ", ")
	if more := a.LinksTotal - len(a.Links); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
