package systemd

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	image = "regjanitor-systemd:bookworm-curl"
	// storage is where Debian's registry has its files, with its unit.
	storage      = "/var/lib/docker-registry"
	registryUnit = "docker-registry.service"
	// trees is where the end-to-end tests have theirs.
	trees = "/var/lib/regjanitor-e2e"
)

// openRegistry is a configuration that asks for no password, as Debian's does.
const openRegistry = `version: 0.1
storage: {filesystem: {rootdirectory: ` + storage + `}, delete: {enabled: true}, cache: {blobdescriptor: inmemory}}
http: {addr: ":5000", secret: test}
`

// machine is a container whose first process is a systemd.
type machine struct {
	t       *testing.T
	id      string
	address string // of the registry
}

// boot starts a machine on which the janitor and its units are installed.
func boot(t *testing.T) *machine {
	t.Helper()
	requireEngine(t)
	m := &machine{t: t}
	scripts := absolute(t, "..")
	args := []string{"create", "--cgroupns=host", "--volume", "/sys/fs/cgroup:/sys/fs/cgroup:rw",
		"--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined", "--env", "container=docker",
		"--tmpfs", "/run", "--tmpfs", "/run/lock", "--volume", storage, "--volume", trees,
		"--volume", filepath.Dir(scripts) + ":/src:ro", "--stop-signal", "SIGRTMIN+3"}
	// What systemd needs for the service's sandbox, and the janitor to look around.
	for _, capability := range []string{"SYS_ADMIN", "NET_ADMIN", "SYS_PTRACE", "DAC_READ_SEARCH"} {
		args = append(args, "--cap-add", capability)
	}
	// The end-to-end tests build what they need with the Go that runs this one.
	for name, mode := range map[string]string{"GOROOT": ":ro", "GOMODCACHE": ":ro", "GOCACHE": ""} {
		dir := strings.TrimSpace(command(t, "go", "env", name))
		args = append(args, "--volume", dir+":"+dir+mode, "--env", name+"="+dir)
	}
	m.id = strings.TrimSpace(command(t, "docker", append(args, image, "/sbin/init")...))
	t.Cleanup(func() { command(t, "docker", "rm", "--force", "--volumes", m.id) })
	m.install()
	command(t, "docker", "start", m.id)
	m.await("systemd is up", func() bool {
		state, _ := m.try("systemctl", "is-system-running")
		return state == "running" || state == "degraded"
	})
	m.address = strings.TrimSpace(command(t, "docker", "inspect", "--format",
		"{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", m.id)) + ":5000"
	m.awaitRegistry()
	return m
}

// install puts everything in place before the first process starts: to others
// on this host a registry whose configuration has changed would be a suspect.
func (m *machine) install() {
	m.t.Helper()
	bin := filepath.Join(m.t.TempDir(), "regjanitor")
	build := exec.Command("go", "build", "-o", bin, "./cmd/regjanitor")
	build.Dir = absolute(m.t, "../..")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		m.t.Fatalf("build the janitor: %v\n%s", err, out)
	}
	command(m.t, "docker", "cp", bin, m.id+":"+program)
	for _, unit := range []string{service, timer} {
		command(m.t, "docker", "cp", unit, m.id+":/etc/systemd/system/"+unit)
	}
	config := filepath.Join(m.t.TempDir(), "config.yml")
	if err := os.WriteFile(config, []byte(openRegistry), 0o644); err != nil {
		m.t.Fatal(err)
	}
	command(m.t, "docker", "cp", config, m.id+":/etc/docker/registry/config.yml")
}

// requireEngine skips the test where it cannot be, and makes the image where it
// is not there yet.
func requireEngine(t *testing.T) {
	t.Helper()
	if os.Getenv("REGJANITOR_BOOT") == "" {
		t.Skip("booting a systemd takes minutes: set REGJANITOR_BOOT=1 for it")
	}
	if out, err := exec.Command("docker", "info").CombinedOutput(); err != nil {
		t.Skipf("no docker engine answers: %v\n%s", err, out)
	}
	if exec.Command("docker", "image", "inspect", image).Run() == nil {
		return
	}
	if out, err := exec.Command("./image", image).CombinedOutput(); err != nil {
		t.Skipf("there is no image to boot, and none can be made: %v\n%s", err, out)
	}
}

// configure writes the service's drop-in.
func (m *machine) configure(settings ...string) {
	m.t.Helper()
	m.run("sh", "-ec", `mkdir -p /etc/systemd/system/`+service+`.d
		printf '[Service]\n%s\n' "$1" > /etc/systemd/system/`+service+`.d/test.conf
		systemctl daemon-reload`, "sh", strings.Join(settings, "\n"))
	m.try("systemctl", "reset-failed", service)
}

// show is a property of a unit.
func (m *machine) show(unit, property string) string {
	m.t.Helper()
	return m.run("systemctl", "show", "--value", "--property="+property, unit)
}

// try runs a command inside.
func (m *machine) try(args ...string) (string, error) {
	out, err := exec.Command("docker", append([]string{"exec", m.id}, args...)...).CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// run runs a command inside; failing is fatal.
func (m *machine) run(args ...string) string {
	m.t.Helper()
	out, err := m.try(args...)
	if err != nil {
		m.t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func (m *machine) await(what string, done func() bool) {
	m.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !done(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			m.t.Fatalf("waited in vain: %s\n%s", what, m.log())
		}
	}
}

func (m *machine) awaitRegistry() {
	m.t.Helper()
	m.await("the registry answers", func() bool {
		response, err := http.Get("http://" + m.address + "/v2/")
		if err != nil {
			return false
		}
		response.Body.Close()
		return response.StatusCode == http.StatusOK
	})
}

// log is what the service has said so far.
func (m *machine) log() string {
	out, _ := m.try("journalctl", "--no-pager", "--output=cat", "--unit="+service)
	return out
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	abs, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return abs
}

func command(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}
