package e2e

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestContainer is the commonest way to run a registry: in a container, which
// has other paths, another PID namespace and other mounts than the host, where
// the janitor runs. Images come and go through the docker engine itself.
func TestContainer(t *testing.T) {
	requireEngine(t)
	t.Cleanup(removeImages)
	image := buildRegistryImage(t)
	t.Run("bind mount", func(t *testing.T) {
		root := t.TempDir()
		sweepContainersTree(t, image, root, root)
	})
	t.Run("named volume", func(t *testing.T) {
		volume := unique("volume")
		command(t, "docker", "volume", "create", volume)
		t.Cleanup(func() { exec.Command("docker", "volume", "rm", "--force", volume).Run() })
		root := command(t, "docker", "volume", "inspect", "--format", "{{.Mountpoint}}", volume)
		sweepContainersTree(t, image, volume, strings.TrimSpace(root))
	})
	t.Run("read-only", func(t *testing.T) {
		root := t.TempDir()
		c := runContainer(t, image, root, root)
		pushGarbage(c.registry)
		alive := survey(c.client)
		command(t, "docker", "stop", c.name)

		c = runContainer(t, image, root, root, "--env", `REGISTRY_STORAGE_MAINTENANCE_READONLY={"enabled":true}`)
		c.sweep().requireExit(t, exitDone)
		requireList(t, "blobs left", readTree(t, c.registry).blobs, alive.onDisk())
	})
}

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

// sweepContainersTree uses a registry whose storage is mounted from a path or
// volume, and sweeps it where that lies on the host.
func sweepContainersTree(t *testing.T, image, mounted, root string) {
	c := runContainer(t, image, mounted, root)
	old := c.build("old")
	c.dockerPush(old, "app:latest")
	latest := c.build("new")
	c.dockerPush(latest, "app:latest")
	multi := oci.multiArch("multi", layer("multi"))
	bySkopeo(c.client, "team/multi", "latest", multi)
	alive := survey(c.client)

	pid := c.inspect("{{.State.Pid}}")
	requireRefused(t, c.registry, pid)
	requireRefused(t, c.registry, pid, "--registry-stopped")

	command(t, "docker", "stop", c.name)
	c.sweep().requireExit(t, exitDone)
	requireList(t, "blobs left", readTree(t, c.registry).blobs, alive.onDisk())

	command(t, "docker", "start", c.name)
	c.awaitContainer()
	survey(c.client).requireSame(t, alive)
	c.dockerPull("app:latest")
	pullWithTools(c.client, "team/multi", "latest", multi)
	c.dockerPush(old, "app:back")
	c.dockerPull("app:back")
}

// container is a registry in a container; its root is the host's view of it.
type container struct {
	*registry
	name string
}

// runContainer starts the registry with its storage mounted from a path or volume.
func runContainer(t *testing.T, image, mounted, root string, options ...string) container {
	t.Helper()
	host := freeAddress(t)
	c := container{
		registry: &registry{t: t, root: root, host: host, client: client{t: t, host: host}},
		name:     unique("registry"),
	}
	_, port, err := net.SplitHostPort(host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { exec.Command("docker", "rm", "--force", "--volumes", c.name).Run() })
	args := append([]string{"run", "--detach", "--name", c.name, "--publish", "127.0.0.1:" + port + ":5000",
		"--volume", mounted + ":/var/lib/registry"}, options...)
	command(t, "docker", append(args, image)...)
	c.awaitContainer()
	c.requireInSight()
	return c
}

// requireInSight skips the test where the engine's processes are not ours to
// see, as when both run in containers: the janitor would rightly ask for a word
// of honour, which these tests could not give.
func (c container) requireInSight() {
	c.t.Helper()
	cmdline, _ := os.ReadFile(filepath.Join("/proc", c.inspect("{{.State.Pid}}"), "cmdline"))
	if !strings.Contains(string(cmdline), "registry\x00serve") {
		c.t.Skip("the processes of the docker engine's host cannot be seen from here")
	}
}

func (c container) awaitContainer() {
	c.t.Helper()
	if err := answers(c.host, nil, 20*time.Second); err != nil {
		c.t.Fatalf("%v\n%s", err, command(c.t, "docker", "logs", c.name))
	}
}

func (c container) inspect(format string) string {
	c.t.Helper()
	return strings.TrimSpace(command(c.t, "docker", "inspect", "--format", format, c.name))
}

// build makes an image of two layers, of which the first is the same for all.
func (c container) build(content string) (name string) {
	c.t.Helper()
	context := c.t.TempDir()
	write(c.t, filepath.Join(context, "base"), layer("base").compressed)
	write(c.t, filepath.Join(context, "own"), layer(content+c.name).compressed)
	write(c.t, filepath.Join(context, "Dockerfile"), []byte("FROM scratch\nCOPY base /\nCOPY own /\n"))
	return buildImage(c.t, context, unique(content))
}

// dockerPush pushes a local image under a name in this registry.
func (c container) dockerPush(image, as string) {
	c.t.Helper()
	remote := c.host + "/" + as
	command(c.t, "docker", "tag", image, remote)
	command(c.t, "docker", "push", "--quiet", remote)
}

// dockerPull pulls what the engine has had to forget before.
func (c container) dockerPull(name string) {
	c.t.Helper()
	remote := c.host + "/" + name
	for _, i := range strings.Fields(command(c.t, "docker", "image", "ls", "--quiet", "--no-trunc", remote)) {
		command(c.t, "docker", "image", "rm", "--force", i)
	}
	command(c.t, "docker", "pull", "--quiet", remote)
}

// buildRegistryImage wraps registry 3.1 as its official image does, with nothing
// else in it but the janitor, by its own name and by the registry's.
func buildRegistryImage(t *testing.T) string {
	t.Helper()
	context := t.TempDir()
	command(t, "cp", programs.registry3, filepath.Join(context, "registry"))
	command(t, "cp", programs.janitor, filepath.Join(context, "janitor"))
	write(t, filepath.Join(context, "config.yml"), []byte(`version: 0.1
storage:
  filesystem: {rootdirectory: /var/lib/registry}
  cache: {blobdescriptor: inmemory}
http: {addr: ":5000", secret: e2e}
`))
	write(t, filepath.Join(context, "Dockerfile"), []byte(`FROM scratch
COPY registry /bin/registry
COPY janitor /janitor/regjanitor
COPY janitor /janitor/registry
COPY config.yml /etc/distribution/config.yml
ENTRYPOINT ["/bin/registry"]
CMD ["serve", "/etc/distribution/config.yml"]
`))
	return buildImage(t, context, unique("image"))
}

// engineLabel marks every image built here: pushed and pulled again an image
// loses its name, but not its label.
var engineLabel = fmt.Sprintf("regjanitor-e2e=%d", os.Getpid())

func buildImage(t *testing.T, context, name string) string {
	t.Helper()
	command(t, "docker", "build", "--quiet", "--label", engineLabel, "--tag", name, context)
	return name
}

func removeImages() {
	out, _ := exec.Command("docker", "image", "ls", "--quiet", "--no-trunc", "--filter", "label="+engineLabel).Output()
	for _, id := range strings.Fields(string(out)) {
		exec.Command("docker", "image", "rm", "--force", id).Run()
	}
}

var named int

// unique is a name that no other run of these tests on this engine uses.
func unique(kind string) string {
	named++
	return fmt.Sprintf("regjanitor-e2e-%s-%d-%d", kind, os.Getpid(), named)
}
