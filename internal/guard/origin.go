package guard

import (
	"path"
	"regexp"
	"strings"
)

func (l *look) mountsOf(pid int) []mount {
	data, err := l.host.Read(proc(pid, "mountinfo"), mostProc)
	if err != nil {
		return nil
	}
	return parseMounts(data)
}

// sameMount compares the places of two directories on their file systems, for
// where the process's own cannot be looked at.
func (l *look) sameMount(mounts []mount, v2 string) bool {
	theirs, ok := mountOf(mounts, v2)
	ours, known := mountOf(l.mounts, l.tree.Path)
	return ok && known && theirs.onDevice(v2) == ours.onDevice(l.tree.Path)
}

// hostName finds by which name this host knows a directory of a process.
func (l *look) hostName(pid int, dir string, mounts []mount) (string, bool) {
	info, err := l.host.StatFrom(proc(pid, "root"), dir)
	if err != nil {
		return "", false
	}
	names := []string{dir}
	if root, err := l.host.Link(proc(pid, "root")); err == nil {
		names = append(names, path.Join(root, dir))
	}
	if theirs, ok := mountOf(mounts, dir); ok {
		place := theirs.onDevice(dir)
		for _, m := range l.mounts {
			if from := m.onDevice(m.point); within(strings.TrimSuffix(from, "/"), place) {
				names = append(names, path.Join(m.point, strings.TrimPrefix(place, from)))
			}
		}
	}
	for _, name := range names {
		here, err := l.host.StatFrom("/", name)
		if err == nil && here.Inode == info.Inode && here.Device == info.Device {
			return name, true
		}
	}
	return "", false
}

// The ways in which engines write a container's id, 64 hexadecimal digits, into
// the name of its control group: docker-ID.scope, /docker/ID, libpod-ID.scope,
// cri-containerd-ID.scope, kubepods/…/ID.
var controlGroup = regexp.MustCompile(`([a-z-]*)[-/]([0-9a-f]{64})(?:\.scope)?`)

// origin says, where the control groups of a process do, which container or
// which systemd service it belongs to.
func (l *look) origin(pid int) (container, unit string) {
	data, err := l.host.Read(proc(pid, "cgroup"), 1<<16)
	if err != nil {
		return "", ""
	}
	if found := controlGroup.FindStringSubmatch(string(data)); found != nil {
		engine, id := found[1], found[2][:12]
		switch {
		case strings.Contains(string(data), "kubepods"):
			engine = "kubernetes"
		case engine == "libpod":
			engine = "podman"
		case engine != "docker" && engine != "crio":
			engine = "containerd"
		}
		return engine + " " + id, ""
	}
	for line := range strings.Lines(string(data)) {
		if name := path.Base(strings.TrimSpace(line)); strings.HasSuffix(name, ".service") && strings.Contains(line, "/system.slice/") {
			return "", name
		}
	}
	return "", ""
}
