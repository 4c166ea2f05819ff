package main

import (
	"context"
	"fmt"
	"strings"

	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
	"regjanitor/internal/plan"
	"regjanitor/internal/store"
)

// deleteImage stands in the place of delete_docker_registry_image.
type deleteImage struct {
	Image    *string `short:"i" placeholder:"REPO[:TAG]" help:"The repository, or one tag of it. Required."`
	DryRun   bool    `short:"n" help:"Show what would be deleted, and change nothing."`
	Prune    bool    `short:"p" help:"Delete all empty directories of the tree as well."`
	Untagged bool    `short:"u" help:"Delete what no tag of the repository needs, and keep its tags; of a directory of repositories, in each of them."`
	Force    bool    `short:"f" help:"Has no effect, and is deprecated."`
	scriptFlags
}

// Help is what the help begins with.
func (*deleteImage) Help() string {
	return `Deletes a repository, a tag of it, or what is untagged in it, with the blobs that
nothing else in the registry needs. This is regjanitor, in the place of burnettk's
script: the same flags, log lines and directories.

The last tag of a repository takes the repository with it. With --untagged a tag
behind the name has no meaning: it is about the whole repository.

Examples:
  delete_docker_registry_image --image testrepo/awesomeimage --dry-run
  delete_docker_registry_image --image testrepo/awesomeimage
  delete_docker_registry_image --image testrepo/awesomeimage:supertag
  delete_docker_registry_image --image testrepo --untagged` + scriptExits
}

// forced is the script's notice on --force, by which logs know it.
const forced = "You supplied the force switch, which is deprecated. It has no effect now, and the script defaults to doing what used to be only happen when force was true"

// Run deletes.
func (c *deleteImage) Run(ctx context.Context, s *session) error {
	if c.Image == nil {
		return usageError{fmt.Errorf("argument -i/--image is required"), "as in --image team/app:v1"}
	}
	if c.Force {
		s.voice.Note(forced)
	}
	repository, tag, err := splitImage(*c.Image)
	if err != nil {
		return err
	}
	return c.release(ctx, s, c.DryRun, c.Prune, func(_ context.Context, inv *inventory.Inventory) ([]plan.Request, error) {
		if c.Untagged {
			return s.untagged(inv, repository)
		}
		return s.image(inv, repository, tag)
	})
}

// splitImage cuts a name as the script does, at a colon that is the only one. What
// could be meant for something else than one image is an error: the script would
// take an empty tag for the whole repository, an empty name for all of them, and
// a path for any directory.
func splitImage(name string) (repository, tag string, err error) {
	repository = name
	if parts := strings.Split(name, ":"); len(parts) == 2 {
		repository, tag = parts[0], parts[1]
		switch {
		case tag == "", tag == ".", tag == "..":
			return "", "", usagef("%q has no tag behind the colon; to delete the repository leave the colon out", name)
		case strings.Contains(tag, "/"):
			return "", "", usagef("%q has no tag behind the colon: leave the registry's host out", name)
		}
	}
	return repository, tag, validName(name, repository)
}

// absent is the script's word for a name that is not there.
type absent struct{ repository, tag, v2 string }

func (e absent) Error() string {
	what := fmt.Sprintf("'%s'", e.repository)
	if e.tag != "" {
		what += fmt.Sprintf(" tag '%s'", e.tag)
	}
	return fmt.Sprintf("No repository %s found in repositories directory %s/%s", what, e.v2, layout.Repositories)
}

// image is what deleting an image means: its tag, or its repository where no other
// tag is there.
func (s *session) image(inv *inventory.Inventory, repository, tag string) ([]plan.Request, error) {
	place, there := inv.Find(repository)
	if !there {
		return nil, absent{repository, tag, s.v2}
	}
	if tag == "" {
		s.debug("Deleting entire repository '%s'", repository)
		return []plan.Request{{Repository: repository}}, nil
	}
	repo := inv.Repositories[place]
	switch _, found := repo.FindTag(tag); {
	case !found:
		return nil, absent{repository, tag, s.v2}
	case len(repo.Tags) == 1:
		s.debug("Deleting entire repository '%s': '%s' is its only tag", repository, tag)
		return []plan.Request{{Repository: repository}}, nil
	}
	s.debug("Deleting repository '%s' with tag '%s'", repository, tag)
	return []plan.Request{withPast(repository, tag)}, nil
}

// withPast is a tag with the images that it alone has pointed to, which the script
// deletes with it.
func withPast(repository, tag string) plan.Request {
	return plan.Request{Repository: repository, Tag: tag, Untagged: true}
}

// untagged is what deleting untagged data means: of a repository its own and no
// other's, of a directory above repositories that of them all. A directory without
// any, as loops over all directories come by, holds nothing to delete.
func (s *session) untagged(inv *inventory.Inventory, name string) (requests []plan.Request, err error) {
	if _, there := inv.Find(name); there {
		requests = []plan.Request{{Repository: name, Untagged: true}}
	} else {
		for _, repo := range inv.Repositories {
			if strings.HasPrefix(repo.Name, name+"/") {
				requests = append(requests, plan.Request{Repository: repo.Name, Untagged: true})
			}
		}
	}
	for _, q := range requests {
		s.debug("Deleting untagged data from repository '%s'", q.Repository)
	}
	if len(requests) > 0 {
		return requests, nil
	}
	if info, err := s.root.Stat(layout.Repository(name)); err != nil || info.Type != store.Directory {
		return nil, absent{name, "", s.v2}
	}
	s.debug("No repository is below '%s'", name)
	return nil, nil
}
