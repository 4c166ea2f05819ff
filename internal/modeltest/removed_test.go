package modeltest

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"regjanitor/internal/plan"
	"regjanitor/internal/sweep"
)

// surprises tells a tree that is looked at as a large one, in which a removal may
// meet what nobody has looked for: something beside a link or a blob, which keeps
// their directory for the next run, or a layer link that is no file.
func (c *trial) surprises(d *disk) bool {
	for at, e := range d.entries {
		name := filepath.Base(at)
		inLayer := strings.Contains(at, "/_layers/") && len(filepath.Base(filepath.Dir(at))) >= 64
		odd := inLayer && (name != "link" || e.kind != 0)
		if c.opts.Large && (odd || tempName.MatchString(name)) {
			return true
		}
	}
	return false
}

// checkResult lets nothing fail but the removal of a directory in which there is
// something that a sweep does not know.
func (c *trial) checkResult(p *plan.Plan, result *sweep.Result, after *disk) {
	if c.byNameAndDamaged() && result.Stopped == nil {
		return
	}
	if result.Stopped != nil || result.Interrupted || len(result.Failures) == 0 && result.Removed != p.Planned {
		c.violated("planned %+v, removed %+v, stopped %v", p.Planned, result.Removed, result.Stopped)
	}
	for _, failure := range result.Failures {
		if !errors.Is(failure.Err, syscall.ENOTEMPTY) || len(after.children[failure.Path]) == 0 {
			c.violated("failed to remove %s: %v", failure.Path, failure.Err)
		}
	}
}

// checkRemoved compares what is gone with what had to go.
func (c *trial) checkRemoved(before, after *disk) {
	for _, at := range before.files() {
		if after.has(setAside(at)) {
			continue
		}
		if !after.has(at) {
			c.removed = append(c.removed, c.letters(at))
		}
		switch {
		case !after.has(at) && c.strict.Keep[at]:
			c.violated("removed, and had to stay: %s", c.letters(at))
		case after.has(at) && !c.generous.Keep[at]:
			c.violated("left, and had to go: %s", c.letters(at))
		}
	}
	for at := range after.entries {
		if !before.has(at) && !isSetAside(at) {
			c.violated("has come into being: %s", at)
		}
	}
}

// byNameAndDamaged: what is named may be anything then, and what is in the way of
// its removal is no news.
func (c *trial) byNameAndDamaged() bool { return len(c.opts.Names) > 0 && !c.sound }

// setAside is where something strange in a tag's directory is, once the tag has
// gone: what a run leaves of a tag is litter to the next one.
func setAside(at string) string {
	return strings.Replace(at, "/_manifests/tags/", "/_manifests/.regjanitor-model-", 1)
}

func isSetAside(at string) bool { return strings.Contains(at, "/_manifests/.regjanitor-model-") }

// checkPlanned: a dry run says what is then removed.
func (c *trial) checkPlanned(p *plan.Plan, before, after *disk) {
	if c.byNameAndDamaged() {
		return
	}
	planned := map[string]bool{}
	for _, a := range p.Actions {
		item := p.Item(a)
		planned[item.Path] = true
		if !before.has(item.Path) || item.Kind != plan.Directory && item.Kind != plan.Repository && after.has(item.Path+"/link") {
			c.violated("planned, and not removed: %s", c.letters(item.Path))
		}
	}
	for at, e := range before.entries {
		if after.has(at) || planned[at] {
			continue
		}
		covered := false
		for dir := filepath.Dir(at); dir != "."; dir = filepath.Dir(dir) {
			covered = covered || planned[dir]
		}
		if !covered || e.kind != os.ModeDir && !covered {
			c.violated("removed, and not planned: %s", c.letters(at))
		}
	}
}

// checkDirectories: those stay that the registry's own collector wants.
func (c *trial) checkDirectories(before, after *disk) {
	for _, dir := range []string{"blobs", "repositories"} {
		if before.has(dir) && !after.has(dir) {
			c.violated("%s is gone", dir)
		}
	}
	for name, r := range readRegistry(after).repositories {
		maps.DeleteFunc(r.tags, func(_ string, t *tag) bool { return t.current == "" && len(t.history) == 0 })
		for _, sub := range []string{"_layers", "_manifests/tags"} {
			at := r.dir + "/" + sub
			if len(r.revisions)+len(r.tags) > 0 && before.has(at) && !after.has(at) {
				c.violated("%s has lost its directory %s", name, sub)
			}
		}
	}
}
