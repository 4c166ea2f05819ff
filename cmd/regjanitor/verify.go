package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/opencontainers/go-digest"

	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
	"regjanitor/internal/plan"
	"regjanitor/internal/report"
	"regjanitor/internal/verify"
)

// verification is one run of verify.
type verification struct {
	*session
	*verifyCmd
	inv    *inventory.Inventory
	places []int
	judge  *verify.Judge
	doc    *report.Verification
}

// Run tells whether all tags can be pulled.
func (c *verifyCmd) Run(ctx context.Context, s *session) error {
	v := &verification{session: s, verifyCmd: c, doc: report.NewVerification()}
	s.view = v.doc
	requests, err := repositoryGlobs(c.Names, "name the repository, and all its tags are checked")
	if err != nil {
		return err
	}
	if err := s.open(true); err != nil {
		return err
	}
	defer s.root.Close()
	s.warnOfRegistry()
	if v.inv, err = s.scan(ctx, inventory.Options{AllowMounts: true, ForPulls: true}, false); err != nil {
		return err
	}
	if v.places, err = plan.Repositories(v.inv, requests); err != nil {
		return err
	}
	v.judge = verify.NewJudge(v.inv)
	v.judge.Proxy = s.proxy
	verdicts := v.verdicts()
	var ended error
	if c.ReadData || c.ReadDataSubset.part.Of > 0 {
		ended = v.read(ctx)
		verdicts = v.verdicts()
	}
	v.doc.Complete = ended == nil
	v.conclude(verdicts)
	return ended
}

func (v *verification) verdicts() []verify.Verdict {
	list := make([]verify.Verdict, len(v.places))
	for i, place := range v.places {
		list[i] = v.judge.Repository(place)
	}
	return list
}

// read hashes the data that pulls need, or a part of it.
func (v *verification) read(ctx context.Context) error {
	part := v.ReadDataSubset.on(v.started)
	v.doc.ReadData = true
	if part.Of > 0 {
		v.doc.Subset = &report.Subset{Part: part.Number, Of: part.Of}
	}
	blobs := slices.DeleteFunc(v.judge.Needed(), func(b verify.Blob) bool { return !part.Has(b.Digest) })
	defer v.display.Pause()
	var unsound []verify.Unsound
	result, err := verify.Hash(ctx, v.root, blobs, verify.Options{
		Jobs: v.Jobs, Rate: int64(v.BWLimit), Observe: v.display.Observe,
		Found: func(u verify.Unsound) { unsound = append(unsound, u) },
	})
	v.doc.BlobsRead, v.doc.BytesRead = result.Blobs, result.Bytes
	v.judge.Heard(unsound, func(d digest.Digest) bool { return err == nil && part.Has(d) })
	return err
}

// conclude says what was found.
func (v *verification) conclude(verdicts []verify.Verdict) {
	var all []verify.Damage
	for _, verdict := range verdicts {
		v.doc.TagsChecked += verdict.Tags
		v.doc.ManifestsChecked += verdict.Manifests
		all = append(all, verdict.Damage...)
		for _, gap := range verdict.Gaps {
			v.mention(gap)
		}
	}
	v.doc.RepositoriesChecked = len(verdicts)
	damage, unsure := verify.Recheck(v.root, v.started, time.Now(), all)
	for _, u := range unsure {
		doubt := report.Doubt{Code: "tree-changed", Repository: u.Repository, Path: u.Path,
			Problem: "changed while the tree was looked at, and nobody can say whether it is damaged", Hint: "regjanitor verify " + quoted(u.Repository)}
		if u.Symlink {
			doubt.Code, doubt.Problem, doubt.Hint = "link-not-a-file", "is a symbolic link: the registry follows it, this tool does not", "put what it points to in its place"
		}
		v.doubts = append(v.doubts, doubt)
	}
	v.doc.Find(damage)
	v.oddities()
	switch {
	case len(damage) > 0:
		v.code = exitDamage
	case len(v.doubts) > 0:
		v.code = exitInDoubt
	}
	v.doc.Header = v.header(v.code, nil)
	if v.Quiet {
		v.voice.Damage(v.doc, v.Verbose)
	}
	v.list(v.doc, func(w io.Writer, paint report.Paint) {
		if !v.Quiet {
			report.ListDamage(w, paint, v.doc, v.Verbose)
		}
		fmt.Fprintln(w, paint.Verdict(report.VerifyLine(v.doc), len(damage) > 0))
	})
}

// mention tells of what is no damage: of what is legitimate only with -v.
func (v *verification) mention(gap verify.Gap) {
	switch {
	case gap.Kind == verify.TagName:
		v.warn("tag-name", gap.Path, gap.Problem)
	case gap.Kind == verify.OldManifest:
		v.warn("registry-2-only", gap.Path, gap.Problem)
	case !v.Verbose:
	case gap.Kind == verify.SparseChild:
		v.warn("child-absent", gap.Path, gap.Problem)
	case gap.Kind == verify.ForeignLayer:
		v.warn("foreign-absent", gap.Path, gap.Problem)
	case gap.Kind == verify.AbsentSubject:
		v.warn("subject-absent", gap.Path, gap.Problem)
	case gap.Kind == verify.NotCached:
		v.warn("not-cached", gap.Path, gap.Problem)
	}
}

// oddities tells of what could not be looked at, and of what is listed as a tag and
// is none.
func (v *verification) oddities() {
	within := map[string]bool{"": true}
	for _, place := range v.places {
		r := v.inv.Repositories[place]
		within[r.Name] = true
		if !r.Legal {
			v.doubts = append(v.doubts, report.Doubt{Code: "repository-name", Repository: r.Name, Path: layout.Repository(r.Name),
				Problem: "holds links, and no registry can serve a repository of this name", Hint: "rename or remove the directory"})
		}
	}
	for _, odd := range v.inv.Oddities {
		inTags := strings.HasPrefix(odd.Path, layout.Repository(odd.Repository)+"/"+layout.Tags+"/")
		switch {
		case !within[odd.Repository]:
		case odd.Doubt:
			v.doubts = append(v.doubts, report.Doubt{Code: odd.Code, Repository: odd.Repository, Path: odd.Path,
				Problem: odd.Problem, Hint: "look at it, and remove it by hand if it is litter"})
		case odd.Code == "stray" && (inTags || v.Verbose): // of a legal name it is damage as well
			v.warn("stray", odd.Path, odd.Problem)
		}
	}
}
