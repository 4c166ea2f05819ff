// Package systemd tests the units that clean a registry's storage from a timer:
// as files with systemd's own judges, and at work in a container in which a
// systemd, Debian's registry and the janitor run.
package systemd

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

const (
	service = "regjanitor.service"
	timer   = "regjanitor.timer"
	program = "/usr/local/sbin/regjanitor"
)

func TestUnitsAreCorrect(t *testing.T) {
	out, err := analyze(t, append([]string{"verify"}, units(t)...)...)
	if err != nil || out != "" {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
}

// TestServiceIsHardened: on systemd's scale from 0, which no program that shall
// remove anything reaches, to 10.
func TestServiceIsHardened(t *testing.T) {
	const most = 2.0
	out, err := analyze(t, "security", "--offline=true", "--no-pager", units(t)[0])
	if err != nil {
		t.Fatalf("systemd-analyze security: %v\n%s", err, out)
	}
	found := regexp.MustCompile(`Overall exposure level for \S+: ([0-9.]+) (\w+)`).FindStringSubmatch(out)
	if found == nil {
		t.Fatalf("systemd-analyze security names no level:\n%s", out)
	}
	if level, err := strconv.ParseFloat(found[1], 64); err != nil || level > most || found[2] != "OK" {
		t.Errorf("the exposure level is %s %s, want at most %v OK:\n%s", found[1], found[2], most, out)
	}
}

// units are copies that name a program which is there: a command that is not is
// an error of the unit's.
func units(t *testing.T) []string {
	t.Helper()
	there, err := exec.LookPath("true")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var paths []string
	for _, name := range []string{service, timer} {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.Replace(string(data), "ExecStart="+program, "ExecStart="+there, 1)
		if name == service && text == string(data) {
			t.Fatalf("%s does not start %s", name, program)
		}
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return paths
}

func analyze(t *testing.T, args ...string) (string, error) {
	t.Helper()
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("systemd-analyze is not installed:", err)
	}
	out, err := exec.Command("systemd-analyze", args...).CombinedOutput()
	return string(out), err
}
