package guard

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"regjanitor/internal/layout"
	"regjanitor/internal/store"
)

// configurationVariable names the configuration where no argument does.
const configurationVariable = "REGISTRY_CONFIGURATION_PATH="

// vainSwitch is what people set to have a registry read-only, and it is not.
const vainSwitch = "REGISTRY_STORAGE_MAINTENANCE_READONLY_ENABLED"

func isVainSwitch(variable string) bool { return strings.HasPrefix(variable, vainSwitch+"=") }

// imageConfigs are where the official images have it, of version 2 and of 3.
var imageConfigs = []string{"/etc/docker/registry/config.yml", "/etc/distribution/config.yml"}

// mostConfig is the size, in bytes, above which a file is no configuration.
const mostConfig = 1 << 20

// looksLikeConfig finds a registry's configuration in what is no valid YAML.
var looksLikeConfig = regexp.MustCompile(`(?ms)^version:.*^storage:|^storage:.*^version:`)

// examine finds out what a suspect works on; ok is false where it is no
// registry, or has ended.
func (l *look) examine(s suspect) (p Process, ok bool) {
	p = Process{PID: s.pid, Command: printable(s.argv), collects: s.collects}
	environ, err := l.strings(s.pid, "environ")
	if err != nil && !s.likely() {
		return p, false
	}
	if err != nil {
		return l.doubt(p, "whose environment cannot be read")
	}
	for _, variable := range environ {
		if name, ok := strings.CutPrefix(variable, configurationVariable); ok && s.config == "" {
			s.config = name
		}
	}
	if s.bare && s.config == "" {
		return p, false // some other program of that name
	}
	found := l.configuration(s)
	p.file = found.path
	fixed := fromEnvironment(environ)
	switch {
	case found.err == nil:
		p.Config, found.err = understand(found.data, environ, asLeniently)
		if !s.named && (found.err == nil && !p.Config.versioned || found.err != nil && !looksLikeConfig.Match(found.data)) {
			return p, false // another program that serves something
		}
	case !s.likely():
		return p, false
	}
	if found.err != nil {
		if !fixed.rootGiven {
			return l.doubt(p, fmt.Sprintf("whose configuration %s cannot be read (%v)", p.file, bare(found.err)))
		}
		p.Config = fixed
	}
	if path.Base(s.argv[0]) == harborProgram {
		p.Config.Foreign = "Harbor"
	}
	l.place(s, &p, found.fresh || fixed.rootGiven)
	p.settle(found.fresh || fixed.ReadOnly)
	if p.Here && !p.Config.ReadOnly && slices.ContainsFunc(environ, isVainSwitch) {
		p.Why = "whose " + vainSwitch + " has no effect"
	}
	p.Container, p.Unit = l.origin(s.pid)
	return p, !l.ended(s.pid)
}

// doubt is what becomes of a registry of which something cannot be read.
func (l *look) doubt(p Process, why string) (Process, bool) {
	p.Unclear, p.Why = true, why
	p.Container, p.Unit = l.origin(p.PID)
	return p, !l.ended(p.PID)
}

func (l *look) ended(pid int) bool {
	argv, err := l.arguments(pid)
	return errors.Is(err, fs.ErrNotExist) || err == nil && len(argv) == 0
}

// fromEnvironment is what the environment of a process settles by itself: it
// is the one that the process started with.
func fromEnvironment(environ []string) Config {
	var s sections
	if s.overlay(environ) != nil {
		return Config{}
	}
	c, err := s.config()
	if err != nil {
		return Config{}
	}
	return c
}

// bare is an error without the path that its message has already.
func bare(err error) error {
	var wrapped *fs.PathError
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

type configuration struct {
	path  string
	data  []byte
	fresh bool // it is what the process started with
	err   error
}

// configuration reads a suspect's file through the suspect's own eyes.
func (l *look) configuration(s suspect) (c configuration) {
	names := []string{s.config}
	if s.config == "" && s.named {
		names = imageConfigs
	}
	c.err = fs.ErrNotExist
	for _, name := range names {
		if c.path = name; name == "" {
			break
		}
		full, err := l.absolute(s.pid, name)
		if err != nil {
			c.err = err
			break
		}
		data, changed, err := l.host.ReadFrom(proc(s.pid, "root"), full, mostConfig)
		if c.data, c.err = data, err; err == nil {
			started, ok := l.started(s.pid)
			c.fresh = ok && !changed.After(started)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	return c
}

// absolute makes a path of the process start at the process's own root.
func (l *look) absolute(pid int, name string) (string, error) {
	if strings.HasPrefix(name, "/") {
		return name, nil
	}
	cwd, err := l.host.Link(proc(pid, "cwd"))
	if err != nil {
		return "", err
	}
	// The kernel names it from our root where it can, and so within a chroot
	// with the chroot's own name in front.
	if root, err := l.host.Link(proc(pid, "root")); err == nil && root != "/" && within(root, cwd) {
		cwd = strings.TrimPrefix(cwd, root)
	}
	return "/" + cwd + "/" + name, nil
}

// place finds out whether the process serves the tree in question. certain
// tells whether its Config names what the process really uses.
func (l *look) place(s suspect, p *Process, certain bool) {
	if p.Config.Driver == Filesystem {
		l.compare(s.pid, p)
	}
	switch {
	case p.Here, p.Unclear:
	case !certain:
		p.Unclear, p.Why = true, "whose configuration "+p.file+" has changed since it started, so that it may serve another tree than that names"
	}
}

// settle finds out whether a process on the tree leaves it alone. certain tells
// whether its Config says truly that it is read-only.
func (p *Process) settle(certain bool) {
	switch {
	case !p.Here:
		p.ReadOnly = p.Config.ReadOnly && certain && !p.collects && p.Config.Proxy == ""
	case p.collects, !p.Config.ReadOnly:
	case p.Config.Proxy != "":
		p.Why = "a pull-through cache, which writes in read-only mode too"
	case !certain:
		p.Why = "whose configuration " + p.file + " has changed since it started and so does not prove it read-only"
	default:
		p.ReadOnly = true
	}
}

// compare looks whether the process's tree is the one in question.
func (l *look) compare(pid int, p *Process) {
	p.Tree, p.inside = p.Config.Root, true
	root, err := l.absolute(pid, p.Config.Root)
	if err != nil {
		p.Unclear, p.Why = true, "whose working directory cannot be read"
		return
	}
	root = path.Clean(root)
	v2 := path.Join(root, layout.Prefix)
	mounts := l.mountsOf(pid)
	p.Tree = root
	if name, ok := l.hostName(pid, root, mounts); ok {
		p.Tree, p.inside = name, false
	}
	if l.tree.Path == "" {
		return
	}
	info, err := l.host.StatFrom(proc(pid, "root"), v2)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		// Ours is there, so this one is another.
	case err != nil:
		if p.Here = l.sameMount(mounts, v2); !p.Here {
			p.Unclear, p.Why = true, "whose tree "+p.Tree+" cannot be looked at"
		}
	case info.Inode == l.tree.Inode && info.Device == l.tree.Device:
		p.Here = true
	case info.Device != l.tree.Device && l.alike(info, mounts, v2):
		p.Unclear, p.Why = true, "whose tree "+p.Tree+" looks like this one seen through another file system"
	}
}

// alike tells whether two directories that differ by number may be one, as an
// overlay, a FUSE file system or a second mount over the network shows it. A
// directory's ctime is kept to the nanosecond, and no copy brings it along.
func (l *look) alike(info store.Info, mounts []mount, v2 string) bool {
	theirs, ok := mountOf(mounts, v2)
	ours, known := mountOf(l.mounts, l.tree.Path)
	if ok && known && !theirs.stacked() && !ours.stacked() {
		return false
	}
	mine, err := l.host.StatFrom("/", l.tree.Path)
	return err != nil || mine.CTime == info.CTime
}
