package recipes

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestWindowOfAContainer: its name is all that the window has to be told.
func TestWindowOfAContainer(t *testing.T) {
	t.Parallel()
	c := startContainer(t)
	w := c.window("--container", c.name)
	w.setenv("REGJANITOR_ROOT=")
	w.run().requireExit(0)
	c.requireSwept(true)
	c.awaitAnswer()
	c.requireServing()

	command(t, "docker", "stop", c.name)
	w = c.window("--container", c.name)
	w.setenv("REGJANITOR_ROOT=")
	w.run().requireExit(0)
	if c.answers() {
		t.Error("a container that was stopped has been started")
	}
	o := c.window("--container", c.name+"-is-no-container").run()
	o.requireExit(2)
	o.requireSaid("there is no container")
}

// TestImage: with nothing that an image can do without.
func TestImage(t *testing.T) {
	t.Parallel()
	c := startContainer(t)
	for said, options := range map[string][]string{"another PID namespace": nil, c.shortID(): {"--pid", "host"}} {
		o := c.runImage(options, "sweep", "--yes")
		o.requireExit(5)
		o.requireSaid(said)
	}
	c.requireSwept(false)
	command(t, "docker", "stop", c.name)

	tree := listing(t, c.root)
	dry := c.runImage(nil) // what it does unless told otherwise
	dry.requireExit(0)
	if now := listing(t, c.root); now != tree || !strings.Contains(dry.stdout, "sweep would reclaim ") {
		t.Errorf("a look has changed the storage from\n%s\nto\n%s, or is none: %s", tree, now, dry.stdout)
	}
	o := c.runImage(nil, "sweep", "--yes")
	o.requireExit(5)
	o.requireSaid("--registry-stopped")
	o = c.runImage([]string{"--pid", "host"}, "sweep", "--yes")
	if o.code == 5 && !strings.Contains(o.stderr, c.shortID()) {
		t.Log("other registries run on this host: running again with what it takes to tell them apart")
		o = c.runImage([]string{"--pid", "host", "--cap-add", "SYS_PTRACE", "--security-opt", "apparmor=unconfined"}, "sweep", "--yes")
	}
	o.requireExit(0)
	c.requireSwept(true)
	command(t, "docker", "start", c.name)
	c.awaitAnswer()
	c.requireServing()
}

// TestImageAsAnotherUser: what belongs to the registry's own user takes his id,
// and no capability.
func TestImageAsAnotherUser(t *testing.T) {
	t.Parallel()
	const user = "41703"
	c := startContainer(t)
	command(t, "docker", "stop", c.name)
	command(t, "chown", "--recursive", user, c.root)
	o := c.runImage(nil, "sweep", "--yes", "--registry-stopped") // as a root who may do nothing
	o.requireExit(5)
	o.requireSaid("run as root or as the registry's own user")
	c.requireSwept(false)
	c.runImage([]string{"--user", user}, "sweep", "--yes", "--registry-stopped").requireExit(0)
	c.requireSwept(true)
}

// runImage runs the janitor's image on the registry's volume.
func (c container) runImage(options []string, args ...string) outcome {
	c.t.Helper()
	w := c.registry.window("--help")
	all := append([]string{"run", "--rm", "--network", "none", "--read-only", "--cap-drop", "ALL", "--security-opt",
		"no-new-privileges", "--volume", c.volume + ":/var/lib/registry"}, options...)
	w.command(exec.Command("docker", append(append(all, image(c.t, janitorImage)), args...)...))
	return w.run()
}

func (c container) shortID() string {
	c.t.Helper()
	return command(c.t, "docker", "inspect", "--format", "{{.Id}}", c.name)[:12]
}

// TestCompose runs the commands that stand in the compose files' own comments.
func TestCompose(t *testing.T) {
	t.Parallel()
	c := startProject(t)
	for _, lines := range [][]string{
		c.lines("compose.yml", "docker compose "),
		c.lines("compose.yml", "maintenance-window "),
		c.lines("read-only.yml", "maintenance-window "),
	} {
		c.fill()
		for _, line := range lines {
			c.sh(line).run().requireExit(0)
		}
		c.requireSwept(true)
		c.awaitAnswer()
		c.requireServing()
	}
}

// TestKilledComposeClient: the container that it leaves at work is gone before
// the registry is back.
func TestKilledComposeClient(t *testing.T) {
	t.Parallel()
	c := startProject(t)
	c.fill()
	line := c.lines("compose.yml", "maintenance-window ")[0]
	w := c.sh(strings.Replace(line, "run --rm", "run --rm -e REGJANITOR_RETRY_LOCK=5m", 1))
	defer w.startAndHold()()
	for _, pid := range c.clients() {
		w.kill(pid, 9)
	}
	w.wait().requireExit(137)
	if c.sweep() != 0 {
		t.Error("the sweep goes on")
	}
	c.requireSwept(false)
	c.requireServing()
}

// project is the compose files' registry.
type project struct {
	*registry
	dir, name string
	compose   string // the client, as a command
}

func startProject(t *testing.T) project {
	t.Helper()
	requireEngine(t)
	c := project{registry: &registry{t: t, host: freeAddress(t)}, dir: t.TempDir(), name: unique("project")}
	switch {
	case exec.Command("docker", "compose", "version").Run() == nil:
		c.compose = "docker compose"
	case exec.Command("docker-compose", "version").Run() == nil:
		c.compose = "docker-compose"
	default:
		t.Skip("there is no docker compose")
	}
	for _, file := range []string{"compose.yml", "read-only.yml"} {
		data, err := os.ReadFile(filepath.Join("../container", file))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(c.dir, file), string(data), 0o644)
	}
	// Other tests' registries run on this host.
	write(t, filepath.Join(c.dir, "others.yml"), "services: {janitor: {cap_add: [SYS_PTRACE], security_opt: [\"apparmor:unconfined\"]}}\n", 0o644)
	write(t, filepath.Join(c.dir, ".env"), "COMPOSE_FILE=compose.yml:others.yml\nCOMPOSE_PROJECT_NAME="+c.name+"\nREGISTRY_ADDRESS="+c.host+
		"\nREGISTRY_IMAGE="+image(t, registryImage)+"\nREGJANITOR_IMAGE="+image(t, janitorImage)+"\n", 0o644)
	t.Cleanup(func() { c.sh("docker compose down --volumes --timeout 1").run() })
	c.sh("docker compose up --detach registry").run().requireExit(0)
	c.root = mountpoint(t, c.name+"_storage")
	c.awaitAnswer()
	requireInSight(t, strings.Fields(command(t, "docker", "ps", "--quiet", "--filter", "name="+c.name))[0])
	return c
}

// lines are the commands in a file's comment that begin so.
func (c project) lines(file, begin string) []string {
	c.t.Helper()
	data, err := os.ReadFile(filepath.Join(c.dir, file))
	if err != nil {
		c.t.Fatal(err)
	}
	text := strings.ReplaceAll(string(data), "\\\n#", "")
	var lines []string
	for line := range strings.Lines(text) {
		if line, ok := strings.CutPrefix(strings.TrimSpace(line), "#   "); ok && strings.HasPrefix(line, begin) {
			lines = append(lines, line)
		}
	}
	if len(lines) == 0 {
		c.t.Fatalf("%s has no line that begins with %q", file, begin)
	}
	return lines
}

// sh runs a line in the project's folder, with a name for the janitor's container
// that nothing else on this host has.
func (c project) sh(line string) *window {
	c.t.Helper()
	line = strings.NewReplacer("docker compose", c.compose, "--name regjanitor", "--name "+c.name,
		"rm --force regjanitor", "rm --force "+c.name).Replace(line)
	w := c.window("--help")
	w.redirect()
	home, _ := os.UserHomeDir()
	cmd := exec.Command("sh", "-c", line)
	cmd.Dir = c.dir
	w.command(cmd)
	w.setenv("PATH=" + w.dir + ":" + os.Getenv("PATH"))
	w.setenv("DOCKER_CONFIG=" + filepath.Join(home, ".docker"))
	return w
}

// clients are the processes that the janitor's container is attached to.
func (c project) clients() []int {
	c.t.Helper()
	var pids []int
	commands, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		c.t.Fatal(err)
	}
	for _, path := range commands {
		data, _ := os.ReadFile(path)
		args := "\x00" + string(data)
		if strings.Contains(args, "\x00run\x00--rm\x00") && strings.Contains(args, "\x00"+c.name+"\x00") {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			pids = append(pids, pid)
		}
	}
	if len(pids) == 0 {
		c.t.Fatal("there is no client")
	}
	return pids
}
