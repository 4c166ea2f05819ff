//go:build unix

package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// plant makes a host of files (content), directories (a name that ends in a
// slash) and symbolic links (content that begins with ->).
func plant(t *testing.T, files map[string]string) Host {
	t.Helper()
	top := t.TempDir()
	for name, content := range files {
		path := filepath.Join(top, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		switch {
		case name[len(name)-1] == '/':
			err = os.MkdirAll(path, 0o755)
		case len(content) > 2 && content[:2] == "->":
			err = os.Symlink(content[2:], path)
		default:
			err = os.WriteFile(path, []byte(content), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return Host{Dir: top}
}

func TestHostResolvesPathsInTheRootOfTheProcess(t *testing.T) {
	h := plant(t, map[string]string{
		"etc/config":               "the host's",
		"secret":                   "the host's",
		"box/etc/config":           "the container's",
		"box/absolute":             "->/etc/config",
		"box/relative":             "->etc/config",
		"box/out":                  "->../../../secret",
		"box/secret":               "the container's",
		"box/dir":                  "->/etc",
		"box/chain":                "->/dir/../absolute",
		"box/loop":                 "->/loop",
		"box/dangling":             "->/nothing",
		"proc/7/root":              "->../../box",
		"proc/7/cwd":               "->/etc",
		"box/etc/deep/er/../file/": "",
	})
	for path, want := range map[string]string{
		"/etc/config":           "the container's",
		"etc/./config":          "the container's",
		"/absolute":             "the container's",
		"/relative":             "the container's",
		"/out":                  "the container's",
		"/../../../etc/config":  "the container's",
		"/dir/config":           "the container's",
		"/chain":                "the container's",
		"/etc/deep/../config":   "the container's",
		"/loop":                 "error",
		"/dangling":             "error",
		"/etc":                  "error", // a directory
		"/etc/config/below":     "error",
		"/etc/nothing/../deep/": "error",
	} {
		data, _, err := h.ReadFrom("/proc/7/root", path, 1<<10)
		if got := string(data); (err != nil) != (want == "error") || err == nil && got != want {
			t.Errorf("ReadFrom(%s) = %q, %v; want %q", path, got, err, want)
		}
	}
	if _, _, err := h.ReadFrom("/proc/7/root", "/dangling", 1<<10); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a dangling link gives %v; want it to be fs.ErrNotExist", err)
	}
	if cwd, err := h.Link("/proc/7/cwd"); cwd != "/etc" || err != nil {
		t.Errorf("Link(cwd) = %q, %v", cwd, err)
	}
}

func TestHostStatsWhatALinkLeadsTo(t *testing.T) {
	h := plant(t, map[string]string{"box/data/v2/": "", "box/volume": "->/data", "root": "->box"})
	through, err := h.StatFrom("/root", "/volume/v2")
	if err != nil {
		t.Fatal(err)
	}
	direct, err := h.StatFrom("/", "/box/data/v2")
	if err != nil {
		t.Fatal(err)
	}
	if through.Inode != direct.Inode || through.Device != direct.Device || through.Type != Directory {
		t.Errorf("through the link %+v, directly %+v", through, direct)
	}
	if info, err := h.StatFrom("/root", "/"); err != nil || info.Type != Directory {
		t.Errorf("StatFrom(/) = %+v, %v", info, err)
	}
}

func TestHostReadNeitherWaitsNorGrows(t *testing.T) {
	h := plant(t, map[string]string{"proc/7/cmdline": "0123456789", "root/big": "0123456789"})
	if err := unix.Mkfifo(filepath.Join(h.Dir, "root/fifo"), 0o600); err != nil {
		t.Skip("no FIFO here:", err)
	}
	if _, _, err := h.ReadFrom("/root", "/fifo", 100); !errors.Is(err, ErrNotRegular) {
		t.Errorf("a FIFO gives %v", err)
	}
	if _, err := h.Read("/root/fifo", 100); !errors.Is(err, ErrNotRegular) {
		t.Errorf("a FIFO gives %v", err)
	}
	if _, _, err := h.ReadFrom("/root", "/big", 9); !errors.Is(err, ErrTooLarge) {
		t.Errorf("10 bytes with a limit of 9 give %v", err)
	}
	if data, err := h.Read("/proc/7/cmdline", 10); string(data) != "0123456789" || err != nil {
		t.Errorf("10 bytes with a limit of 10 give %q, %v", data, err)
	}
}

func TestHostTellsWhenAFileOrALinkToItChanged(t *testing.T) {
	h := plant(t, map[string]string{"releases/1/config": "one", "releases/2/config": "two", "current": "->releases/1"})
	_, before, err := h.ReadFrom("/", "/current/config", 10)
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(20 * time.Millisecond) // the clock of file times ticks slowly
	if err := os.Remove(filepath.Join(h.Dir, "current")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("releases/2", filepath.Join(h.Dir, "current")); err != nil {
		t.Fatal(err)
	}
	data, after, err := h.ReadFrom("/", "/current/config", 10)
	if err != nil || string(data) != "two" {
		t.Fatalf("read %q, %v", data, err)
	}
	if !after.After(before) {
		t.Errorf("a link was moved, and the file seems unchanged: %v, %v", before, after)
	}
}

func TestHostListsProcesses(t *testing.T) {
	h := plant(t, map[string]string{"proc/1/": "", "proc/4711/": "", "proc/self": "->4711", "proc/sys/": "", "proc/uptime": "100.50 7.00\n"})
	ids, err := h.Processes()
	if err != nil || len(ids) != 2 || ids[0]+ids[1] != 4712 {
		t.Errorf("Processes() = %v, %v; want 1 and 4711", ids, err)
	}
	booted, err := h.Booted()
	if ago := time.Since(booted); err != nil || ago < 100*time.Second || ago > 110*time.Second {
		t.Errorf("Booted() = %v, %v; want 100 s ago", booted, err)
	}
	if _, err := (Host{Dir: t.TempDir()}).Processes(); err == nil {
		t.Error("a host without /proc lists its processes")
	}
}
