package guard

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// mount is a line of /proc/PID/mountinfo (proc_pid_mountinfo(5)).
type mount struct {
	id, parent string
	device     string // major:minor
	root       string // what of the file system is mounted
	point      string // where, as the process sees it
	kind       string // the file system's type
	options    string // the file system's own
}

func parseMounts(data []byte) []mount {
	var mounts []mount
	for line := range strings.Lines(string(data)) {
		own, super, ok := strings.Cut(line, " - ")
		f, g := strings.Fields(own), strings.Fields(super)
		if !ok || len(f) < 6 || len(g) < 1 {
			continue
		}
		mounts = append(mounts, mount{
			id: f[0], parent: f[1], device: f[2], root: unescape.Replace(f[3]), point: unescape.Replace(f[4]),
			kind: g[0], options: g[len(g)-1],
		})
	}
	return mounts
}

var unescape = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)

// mountOf finds the mount on which a path lies, the way the kernel walks to it:
// from the first mount on to what is mounted on it, which may hide what was
// mounted deeper before.
func mountOf(mounts []mount, name string) (mount, bool) {
	i := slices.IndexFunc(mounts, func(m mount) bool {
		return m.point == "/" && !slices.ContainsFunc(mounts, func(above mount) bool { return above.id == m.parent && above.id != m.id })
	})
	if i < 0 {
		return mount{}, false
	}
	at := mounts[i]
	for range mounts { // each step goes one mount deeper
		next := -1
		for i, m := range mounts {
			if m.parent == at.id && m.id != at.id && within(m.point, name) && (next < 0 || len(m.point) < len(mounts[next].point)) {
				next = i
			}
		}
		if next < 0 {
			break
		}
		at = mounts[next]
	}
	return at, true
}

// onDevice names a path below the mount independently of where the file system
// is mounted: two names that are equal are the same file.
func (m mount) onDevice(name string) string {
	return m.device + " " + path.Join(m.root, strings.TrimPrefix(name, m.point))
}

// within tells whether name is dir or lies below it.
func within(dir, name string) bool {
	return dir == "/" || name == dir || strings.HasPrefix(name, dir+"/")
}

// local are the file systems that one machine has for itself. Any other may
// be mounted elsewhere too, by a machine whose processes are not seen here.
var local = []string{
	"aufs", "bcachefs", "btrfs", "ecryptfs", "exfat", "ext2", "ext3", "ext4", "f2fs", "fuse.bindfs", "fuse.fuse-overlayfs",
	"fuse.mergerfs", "fuseblk", "hfsplus", "jfs", "msdos", "nilfs2", "ntfs", "ntfs3", "overlay", "ramfs", "reiserfs",
	"rootfs", "tmpfs", "udf", "ufs", "vfat", "xfs", "zfs",
	"erofs", "iso9660", "squashfs",
}

// stacked tells a file system that shows another one's directories under inode
// and device numbers of its own.
func (m mount) stacked() bool {
	return m.kind == "overlay" || m.kind == "aufs" || strings.HasPrefix(m.kind, "fuse") || !slices.Contains(local, m.kind)
}

// shared says what is unseen where a path does not lie on a local file system.
func shared(mounts []mount, name string) string {
	m, ok := mountOf(mounts, name)
	switch {
	case !ok:
		return "the file system of the tree is not in /proc/self/mountinfo"
	case !slices.Contains(local, m.kind):
		return fmt.Sprintf("the tree lies on %s, where registries on other machines may work", m.kind)
	}
	return ""
}
