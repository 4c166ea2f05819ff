package report

import (
	"time"

	"github.com/opencontainers/go-digest"

	"regjanitor/internal/why"
)

// Why is the JSON document of why.
type Why struct {
	Header
	Target      WhyTarget  `json:"target"`
	State       string     `json:"state"` // empty where there is no answer
	What        string     `json:"what"`
	Reason      string     `json:"reason"`
	Bytes       int64      `json:"bytes"`
	DiskBytes   int64      `json:"disk_bytes"`
	Since       *time.Time `json:"since"`
	PointsTo    string     `json:"points_to"`
	Legitimate  bool       `json:"legitimate"`
	Chains      []WhyChain `json:"chains"`
	ChainsTotal int        `json:"chains_total"`
	Links       []WhyLink  `json:"links"`
	LinksTotal  int        `json:"links_total"`
	FreesBytes  int64      `json:"frees_bytes"`
	FreesBlobs  int        `json:"frees_blobs"`
	KeepWith    []string   `json:"keep_with"`
}

// WhyTarget is a why.Target under the contract's names.
type WhyTarget struct {
	Kind       string `json:"kind"`
	Repository string `json:"repository"`
	Tag        string `json:"tag"`
	Digest     string `json:"digest"`
	Path       string `json:"path"`
}

// WhyChain is a why.Chain under the contract's names.
type WhyChain struct {
	Root       string     `json:"root"`
	Repository string     `json:"repository"`
	Tag        string     `json:"tag"`
	Since      *time.Time `json:"since"`
	Until      *time.Time `json:"until"`
	By         string     `json:"by"`
	About      string     `json:"about"`
	AboutGone  bool       `json:"about_gone"`
	Steps      []WhyStep  `json:"steps"`
}

// WhyStep is a why.Step under the contract's names.
type WhyStep struct {
	Digest   string `json:"digest"`
	What     string `json:"what"`
	By       string `json:"by"`
	Number   int    `json:"number"`
	Of       int    `json:"of"`
	Platform string `json:"platform"`
}

// WhyLink is a why.Link under the contract's names.
type WhyLink struct {
	Repository string     `json:"repository"`
	Kind       string     `json:"kind"`
	Digest     string     `json:"digest"`
	Since      *time.Time `json:"since"`
	Goes       bool       `json:"goes"`
}

// WhyOf puts an answer into a document; it may be nil.
func WhyOf(a *why.Answer) *Why {
	if a == nil {
		a = &why.Answer{}
	}
	t := a.Target
	w := &Why{
		Target: WhyTarget{string(t.Kind), t.Repository, t.Tag, string(t.Digest), t.Path}, State: string(a.State), What: a.What, Reason: a.Reason,
		Bytes: a.Bytes, DiskBytes: a.Disk, Since: when(a.Since), PointsTo: string(a.Pointed), Legitimate: a.Lawful,
		Chains: make([]WhyChain, len(a.Chains)), ChainsTotal: a.ChainsTotal, Links: make([]WhyLink, len(a.Links)), LinksTotal: a.LinksTotal,
		FreesBytes: a.Frees, FreesBlobs: a.FreesBlobs, KeepWith: append([]string{}, a.KeepWith...),
	}
	for i, c := range a.Chains {
		w.Chains[i] = WhyChain{string(c.Root), c.Repository, c.Tag, when(c.Since), when(c.Until), string(c.By), string(c.About), c.AboutGone, make([]WhyStep, len(c.Steps))}
		for j, s := range c.Steps {
			w.Chains[i].Steps[j] = WhyStep{string(s.Digest), s.What, string(s.By), s.Number, s.Of, s.Platform}
		}
	}
	for i, l := range a.Links {
		kind := "layer_link"
		if l.Revision {
			kind = "revision"
		}
		w.Links[i] = WhyLink{l.Repository, kind, string(l.Digest), when(l.Since), l.Goes}
	}
	return w
}

// Ambiguous lists the digests that begin as the user has written, for a terminal.
func Ambiguous(candidates []digest.Digest, more int) string {
	text := ""
	for _, d := range candidates {
		text += "  " + string(d) + "\n"
	}
	if more > 0 {
		text += "  … and " + Count(int64(more)) + " more\n"
	}
	return text[:max(len(text)-1, 0)]
}
