package recipes

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// requireEngine skips the test where there is nothing to run it on.
func requireEngine(t *testing.T) {
	t.Helper()
	if out, err := exec.Command("docker", "info").CombinedOutput(); err != nil {
		t.Skipf("no docker engine answers: %v\n%s", err, out)
	}
	if os.Geteuid() != 0 {
		t.Skip("looking into containers and their volumes takes root")
	}
}

// registryImage wraps registry 3.1 as its official image does, with nothing else
// in it: none can be pulled here.
var registryImage = sync.OnceValues(func() (string, error) {
	const (
		config = `version: 0.1
storage:
  filesystem: {rootdirectory: /var/lib/registry}
  cache: {blobdescriptor: inmemory}
http: {addr: ":5000", secret: recipes}
`
		dockerfile = `FROM scratch
COPY registry /bin/registry
COPY config.yml /etc/distribution/config.yml
ENTRYPOINT ["/bin/registry"]
CMD ["serve", "/etc/distribution/config.yml"]
`
	)
	context := filepath.Join(programs.bin, "image")
	name := unique("registry")
	for path, text := range map[string]string{"config.yml": config, "Dockerfile": dockerfile} {
		if err := os.MkdirAll(context, 0o755); err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(context, path), []byte(text), 0o644); err != nil {
			return "", err
		}
	}
	if err := os.Link(programs.registry3, filepath.Join(context, "registry")); err != nil {
		return "", err
	}
	out, err := exec.Command("docker", "build", "--quiet", "--tag", name, context).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build the registry's image: %w\n%s", err, out)
	}
	return name, nil
})

// janitorImage is what make image makes.
var janitorImage = sync.OnceValues(func() (string, error) {
	name := unique("janitor")
	cmd := exec.Command("make", "--no-print-directory", "-C", "../..", "image",
		"BIN="+filepath.Join(programs.bin, "static", "regjanitor"), "IMAGE="+name, "VERSION=test")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("make image: %w\n%s", err, out)
	}
	return name + ":test", nil
})

func image(t *testing.T, make func() (string, error)) string {
	t.Helper()
	name, err := make()
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// removeImages removes what was built, if anything was.
func removeImages() {
	for _, kind := range []string{"registry", "janitor"} {
		names, _ := exec.Command("docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "--filter",
			"reference="+prefix(kind)+"*").Output()
		for _, name := range strings.Fields(string(names)) {
			exec.Command("docker", "image", "rm", "--force", name).Run()
		}
	}
}

// container is a registry in a container, its storage in a volume; its root is
// the host's view of it.
type container struct {
	*registry
	name, volume string
}

func startContainer(t *testing.T) container {
	t.Helper()
	requireEngine(t)
	c := container{registry: &registry{t: t, host: freeAddress(t)}, name: unique("container"), volume: unique("volume")}
	command(t, "docker", "volume", "create", c.volume)
	t.Cleanup(func() { exec.Command("docker", "volume", "rm", "--force", c.volume).Run() })
	c.root = mountpoint(t, c.volume)
	_, port, err := net.SplitHostPort(c.host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { exec.Command("docker", "rm", "--force", c.name).Run() })
	command(t, "docker", "run", "--detach", "--name", c.name, "--publish", "127.0.0.1:"+port+":5000",
		"--volume", c.volume+":/var/lib/registry", image(t, registryImage))
	c.awaitAnswer()
	requireInSight(t, c.name)
	c.fill()
	return c
}

func mountpoint(t *testing.T, volume string) string {
	t.Helper()
	return strings.TrimSpace(command(t, "docker", "volume", "inspect", "--format", "{{.Mountpoint}}", volume))
}

// requireInSight skips the test where the engine's processes are not ours to
// see, as when both run in containers: the janitor would rightly ask for a word
// of honour there.
func requireInSight(t *testing.T, container string) {
	t.Helper()
	pid := strings.TrimSpace(command(t, "docker", "inspect", "--format", "{{.State.Pid}}", container))
	cmdline, _ := os.ReadFile(filepath.Join("/proc", pid, "cmdline"))
	if !strings.Contains(string(cmdline), "registry\x00serve") {
		t.Skip("the processes of the docker engine's host cannot be seen from here")
	}
}

var named struct {
	sync.Mutex
	n int
}

// unique is a name that no other run of these tests on this engine uses.
func unique(kind string) string {
	named.Lock()
	defer named.Unlock()
	named.n++
	return fmt.Sprintf("%s%d", prefix(kind), named.n)
}

func prefix(kind string) string { return fmt.Sprintf("regjanitor-recipes-%s-%d-", kind, os.Getpid()) }
