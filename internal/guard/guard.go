// Package guard tells whether a registry is running on a tree and can write to
// it, so that nothing is removed under one.
//
// It looks for processes: an idle registry holds no file of its tree open. What
// it cannot see or understand counts against the run, as doubt or as blindness;
// a registry is called harmless only on proof. It only looks, sends nothing to
// a registry, and never remembers: what was true a moment ago has to be looked
// at again.
//
// It does not see a registry on another machine, nor in a virtual machine or a
// sandbox with a kernel of its own (Kata, gVisor), that works on this tree
// through an export of a file system that is local here.
package guard

import (
	"fmt"
	"slices"
	"strings"

	"regjanitor/internal/refusal"
)

// Tree is the tree in question; the zero Tree is none, for a look around.
type Tree struct {
	Path          string // of the v2 directory, absolute, symbolic links resolved
	Device, Inode uint64 // of that directory
}

// Sighting is what one look saw.
type Sighting struct {
	Processes []Process
	Blind     []string // why there may be registries that could not be seen
}

// Process is a registry that runs, or what may be one.
type Process struct {
	PID     int
	Command string // its arguments, shortened and printable

	// Tree is the storage root that it serves, as this host names it or, where
	// it has no such name, as the process does. It is empty where the process
	// stores nothing in files, or it cannot be known.
	Tree      string
	Container string // the engine and the container's id, say "docker 0123456789ab"
	Unit      string // its systemd service
	Config    Config

	Here     bool   // it serves the tree in question
	Unclear  bool   // which tree it serves is not known for certain
	ReadOnly bool   // it serves in read-only mode, and that is certain
	Why      string // what there is to say about Unclear, or about not ReadOnly

	collects bool   // it runs garbage-collect
	file     string // its configuration
	inside   bool   // Tree is a name that only the process knows
}

// ReadOnly tells whether a registry serves the tree in read-only mode. It still
// writes below its uploads.
func (s Sighting) ReadOnly() bool {
	return slices.ContainsFunc(s.Processes, func(p Process) bool { return p.Here && p.ReadOnly })
}

// Trees names the storage roots of the registries that run, sorted.
func (s Sighting) Trees() []string {
	var trees []string
	for _, p := range s.Processes {
		switch {
		case p.Tree == "":
		case p.inside && p.Container != "":
			trees = append(trees, fmt.Sprintf("%s in container %s", p.Tree, p.Container))
		case p.inside:
			trees = append(trees, fmt.Sprintf("%s in process %d", p.Tree, p.PID))
		default:
			trees = append(trees, p.Tree)
		}
	}
	slices.Sort(trees)
	return slices.Compact(trees)
}

// Judge refuses, as a *refusal.Error, where a registry may write to the tree
// while things are removed from it. Who vouches that the registry is stopped
// is believed about what could not be seen, and never against what was. The
// codes: registry-running, registry-unclear, registry-invisible, and those of
// Config.Judge.
func (s Sighting) Judge(registryStopped bool) error {
	var writers, unclear []Process
	for _, p := range s.Processes {
		switch {
		case p.Here:
			if err := p.Config.Judge(); err != nil {
				return err
			}
			if !p.ReadOnly {
				writers = append(writers, p)
			}
		case p.Unclear:
			unclear = append(unclear, p)
		}
	}
	switch {
	case len(writers) > 0:
		return refusal.New("registry-running", writers[0].remedy(),
			"a registry is running on this tree: %s can write to it", describe(writers))
	case registryStopped:
		return nil
	case len(unclear) > 0:
		return refusal.New("registry-unclear", unclear[0].stop()+", or vouch with --registry-stopped that no registry works on this tree",
			"a registry may be running on this tree: %s", strings.TrimSuffix(describe(unclear), ","))
	case len(s.Blind) > 0:
		return refusal.New("registry-invisible",
			"make sure that no registry works on this tree, and say so with --registry-stopped",
			"whether a registry is running on this tree cannot be seen: %s", strings.Join(s.Blind, "; "))
	}
	return nil
}

func describe(processes []Process) string {
	var all []string
	for _, p := range processes {
		text := fmt.Sprintf("process %d (%s)", p.PID, p.Command)
		if p.Container != "" {
			text += " in container " + p.Container
		}
		if p.Why != "" {
			text += ", " + p.Why + ","
		}
		all = append(all, text)
	}
	return strings.Join(all, " and ")
}

// remedy says how to go on in spite of a registry that can write.
func (p Process) remedy() string {
	if p.collects {
		return "wait until it has ended"
	}
	if p.Config.Proxy != "" {
		return p.stop()
	}
	return p.stop() + ", or restart it in read-only mode: `maintenance: {readonly: {enabled: true}}` below `storage:` in " +
		p.file + `, or in its environment REGISTRY_STORAGE_MAINTENANCE_READONLY='{"enabled":true}'`
}

func (p Process) stop() string {
	engine, id, _ := strings.Cut(p.Container, " ")
	switch {
	case engine == "docker" || engine == "podman":
		return fmt.Sprintf("stop it (%s stop %s)", engine, id)
	case p.Container != "":
		return "stop it (its container is " + p.Container + ")"
	case p.Unit != "":
		return "stop it (systemctl stop " + p.Unit + ")"
	default:
		return fmt.Sprintf("stop process %d", p.PID)
	}
}
