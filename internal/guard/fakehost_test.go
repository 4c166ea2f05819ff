package guard

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"regjanitor/internal/refusal"
	"regjanitor/internal/store"
)

// process is a process of a fake host; what is not given is an ordinary one's.
type process struct {
	pid     int
	argv    []string
	env     []string
	root    string        // its root directory, a directory of the host
	cwd     string        // as seen from its root
	age     time.Duration // its start, before the files of the host were made
	cgroup  string
	mounts  string // mountinfo
	parent  int
	opaque  bool // its environment cannot be read
	unnamed bool // nor its arguments
}

// fakeHost is a directory with a /proc and other files in it, the machine's own
// clock, and a process 50 that is us.
type fakeHost struct {
	t *testing.T
	store.Host
}

const (
	ourPID    = 50
	uptime    = 100 * time.Hour
	registry  = "/srv/registry" // where the tree in question is
	hostMount = "1 0 8:1 / / rw - ext4 /dev/sda rw\n2 1 0:5 / /proc rw - proc proc rw\n"
)

func newHost(t *testing.T, files map[string]string) fakeHost {
	t.Helper()
	top, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	h := fakeHost{t, store.Host{Dir: top}}
	h.write("/proc/uptime", fmt.Sprintf("%.2f 0.00\n", uptime.Seconds()))
	h.link("/proc/self", fmt.Sprint(ourPID))
	h.link("/proc/50/ns/pid", hostPIDs)
	h.write("/srv/registry/docker/registry/v2/repositories/keep", "")
	h.write("/srv/other/docker/registry/v2/repositories/keep", "")
	h.start(process{pid: 1, argv: []string{"/sbin/init"}})
	h.start(process{pid: 2}) // a thread of the kernel
	h.start(process{pid: ourPID, argv: []string{"regjanitor", "sweep"}, parent: 1})
	for name, content := range files {
		h.write(name, content)
	}
	return h
}

func (h fakeHost) write(name, content string) {
	h.t.Helper()
	if target, ok := strings.CutPrefix(content, "->"); ok {
		h.link(name, target)
		return
	}
	h.must(os.MkdirAll(filepath.Dir(h.Dir+name), 0o755))
	h.must(os.WriteFile(h.Dir+name, []byte(content), 0o644))
}

func (h fakeHost) link(name, target string) {
	h.t.Helper()
	h.must(os.MkdirAll(filepath.Dir(h.Dir+name), 0o755))
	h.must(os.Symlink(target, h.Dir+name))
}

func (h fakeHost) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// start adds a process; unless it has an age it started a minute after every
// file of the host was written.
func (h fakeHost) start(p process) {
	h.t.Helper()
	dir := fmt.Sprintf("/proc/%d/", p.pid)
	started := uptime + time.Minute
	if p.age != 0 {
		started = uptime - p.age
	}
	stat := make([]string, 50)
	for i := range stat {
		stat[i] = "0"
	}
	stat[0], stat[1], stat[19] = "S", fmt.Sprint(p.parent), fmt.Sprint(started.Milliseconds()/10)
	h.write(dir+"stat", fmt.Sprintf("%d (a) b) %s\n", p.pid, strings.Join(stat, " ")))
	h.write(dir+"cgroup", p.cgroup)
	if p.mounts == "" {
		p.mounts = hostMount
	}
	h.write(dir+"mountinfo", p.mounts)
	for name, hidden := range map[string]bool{"cmdline": p.unnamed, "environ": p.opaque} {
		words := p.argv
		if name == "environ" {
			words = p.env
		}
		switch {
		case hidden:
			h.must(os.Mkdir(h.Dir+dir+name, 0o755)) // what root cannot read either
		case len(words) == 0:
			h.write(dir+name, "")
		default:
			h.write(dir+name, strings.Join(words, "\x00")+"\x00")
		}
	}
	h.link(dir+"root", filepath.Join(h.Dir, p.root))
	h.link(dir+"cwd", filepath.Join(h.Dir, p.root, p.cwd))
}

// tree is the tree in question.
func (h fakeHost) tree(root string) Tree {
	h.t.Helper()
	v2 := root + "/docker/registry/v2"
	info, err := h.StatFrom("/", v2)
	h.must(err)
	return Tree{Path: v2, Device: info.Device, Inode: info.Inode}
}

// verdict is the code of a refusal, or "ok".
func verdict(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return "ok"
	}
	return refusalOf(t, err).Code
}

func refusalOf(t *testing.T, err error) *refusal.Error {
	t.Helper()
	refused, ok := err.(*refusal.Error)
	if !ok {
		t.Fatalf("got %T, want a refusal", err)
	}
	if refused.Hint == "" {
		t.Errorf("%q comes without a hint", refused.Message)
	}
	return refused
}

func configOf(root string, sections ...string) string {
	return "version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: " + root + "\n" + strings.Join(sections, "\n") + "\n"
}

const (
	readonly = "  maintenance: {readonly: {enabled: true}}"
	proxied  = "proxy: {remoteurl: https://registry.example}"
)
