package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// judged is a world under a policy: of each of its tags it is known when it was
// pushed, and what is to become of it.
type judged struct {
	*world
	policy   string               // its file
	verdicts map[string]string    // "repo:tag" → as in explanation.verdicts
	pushed   map[string]time.Time // "repo:tag" → when, unless it was just now
}

func newJudged(t *testing.T, d distribution, policy string) *judged {
	t.Helper()
	return &judged{
		world:    &world{registry: startedRegistry(t, d)},
		policy:   writePolicy(t, policy),
		verdicts: map[string]string{}, pushed: map[string]time.Time{},
	}
}

// tag pushes an image under a tag and says what is to become of that.
func (j *judged) tag(push pusher, repo, tag string, i image, pushed time.Time, verdict string) image {
	j.t.Helper()
	j.put(push, repo, tag, i)
	j.verdicts[repo+":"+tag] = verdict
	if pushed != justNow {
		j.setPushed(repo, tag, pushed)
		j.pushed[repo+":"+tag] = pushed
	}
	return i
}

// about pushes all that belongs to an image, as cosign and oras do: a signature,
// and an SBOM with its signature and the list in which clients look for it.
func (j *judged) about(repo string, subject image, verdict string) {
	j.t.Helper()
	j.tag(byHTTP, repo, cosignTag(subject), cosignSignature(subject), justNow, verdict)
	sbom := j.put(byHTTP, repo, referrer("vnd.example.sbom", subject).digest(), referrer("vnd.example.sbom", subject))
	j.tag(byHTTP, repo, cosignTag(sbom), cosignSignature(sbom), justNow, strings.Replace(verdict, "orphaned", "attached", 1)) // the list keeps what this is about
	j.tag(byHTTP, repo, fallbackTag(subject), oci.index(sbom), justNow, verdict)
}

// staying is what the registry hands out once nothing but what stays is there;
// asked before anything goes.
func (j *judged) staying() holdings {
	j.t.Helper()
	h := noHoldings()
	for name, verdict := range j.verdicts {
		if stays(verdict) {
			repo, tag, _ := strings.Cut(name, ":")
			h.tags[name] = h.follow(j.client, repo, tag)
		}
	}
	for _, name := range j.kept {
		repo, digest, _ := strings.Cut(name, "@")
		h.follow(j.client, repo, digest)
	}
	return h
}

// requireExplained: every tag has the verdict that it is to have, its digest, and
// the time of its push.
func requireExplained(t *testing.T, j *judged, e explanation) {
	t.Helper()
	requireEqual(t, "verdicts", e.verdicts(), j.verdicts)
	for _, tag := range e.Tags {
		name := tag.Repository + ":" + tag.Tag
		if at, known := j.pushed[name]; known && tag.AgeFrom == "pushed" && tag.Time.Unix() != at.Unix() {
			t.Errorf("%s was pushed at %v, not at %v", name, at, tag.Time)
		}
		if !slices.ContainsFunc(j.placed, func(p placed) bool {
			return p.repo == tag.Repository && p.tag == tag.Tag && p.image.digest() == tag.Digest
		}) {
			t.Errorf("%s has another digest than %s", name, tag.Digest)
		}
	}
}
