package main

import (
	"fmt"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"regjanitor/internal/layout"
	"regjanitor/internal/plan"
	"regjanitor/internal/report"
)

// parseGlob is parseRef where the names may be globs.
func parseGlob(name string) (plan.Request, error) {
	request, err := parseRef(name)
	for _, glob := range []string{request.Repository, request.Tag} {
		if err == nil && !doublestar.ValidatePattern(glob) {
			err = usagef("%q is not a glob", glob)
		}
	}
	return request, err
}

// parseRef reads REPO, REPO:TAG or REPO@DIGEST. A tag need not be one that a
// registry would accept: what is on the disk has to be removable.
func parseRef(name string) (plan.Request, error) {
	repository, text, byDigest := strings.Cut(name, "@")
	if byDigest {
		d, err := layout.ParseDigest(text)
		if err != nil {
			return plan.Request{}, usagef("%q: %w", name, err)
		}
		if i := strings.LastIndexByte(repository, ':'); i > strings.LastIndexByte(repository, '/') {
			return plan.Request{}, usagef("%q names a tag and a digest; name one of them", name)
		}
		return plan.Request{Repository: repository, Digest: d}, validName(name, repository)
	}
	i := strings.LastIndexByte(name, ':')
	if i < 0 || i < strings.LastIndexByte(name, '/') {
		return plan.Request{Repository: name}, validName(name, name)
	}
	repository, tag := name[:i], name[i+1:]
	if tag == "" || tag == "." || tag == ".." {
		return plan.Request{}, usagef("%q has no tag behind the colon; to name the repository leave the colon out", name)
	}
	return plan.Request{Repository: repository, Tag: tag}, validName(name, repository)
}

// repositoryGlobs are the names of repositories, or globs. The hint is for who names
// one of their tags.
func repositoryGlobs(names []string, hint string) (requests []plan.Request, err error) {
	for _, name := range names {
		request, err := parseGlob(name)
		if err != nil {
			return nil, err
		}
		if request.Tag != "" || request.Digest != "" {
			return nil, usageError{fmt.Errorf("%q names more than a repository", name), hint + ": " + request.Repository}
		}
		requests = append(requests, request)
	}
	return requests, nil
}

// validName refuses what could be a path to somewhere else.
func validName(given, repository string) error {
	if repository == "" {
		return usagef("%q names no repository", given)
	}
	for _, part := range strings.Split(repository, "/") {
		if part == "" || part == "." || part == ".." || layout.Reserved(part) {
			return usagef("%q is not the name of a repository: name it as regjanitor ls does, as in team/app", given)
		}
	}
	return nil
}

// besides mentions what a sweep would free as well.
func (s *session) besides(t plan.Totals) {
	if t.Revisions+t.LayerLinks+t.Blobs+t.Uploads == 0 {
		return
	}
	s.warn("sweep-worthwhile", s.v2, fmt.Sprintf("a sweep would free %s besides: %s, %s",
		report.Size(t.DiskBytes), report.Some(t.Revisions, "revision"), report.Some(t.Blobs, "blob")))
}
