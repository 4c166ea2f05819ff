package e2e

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// distribution is a version of the registry that is in wide use.
type distribution struct {
	version string
	program string

	deletesTags bool // DELETE of a tag, not only of a digest
	cacheIndex  bool // takes BuildKit's cache index, whose manifests are layers
}

func eachDistribution(t *testing.T, test func(*testing.T, distribution)) {
	for _, d := range []distribution{
		{version: "2.8", program: programs.registry2, cacheIndex: true},
		{version: "3.1", program: programs.registry3, deletesTags: true},
	} {
		t.Run(d.version, func(t *testing.T) { test(t, d) })
	}
}

// registry is a registry's storage with its configuration, served or not.
type registry struct {
	t *testing.T
	distribution
	root   string // the storage root
	config string
	host   string // 127.0.0.1:port
	client client

	process *exec.Cmd
	exited  chan struct{}
}

// newRegistry lays out an empty storage and its configuration; start serves it.
func newRegistry(t *testing.T, d distribution) *registry {
	t.Helper()
	return newRegistryAt(t, d, filepath.Join(t.TempDir(), "storage"))
}

func newRegistryAt(t *testing.T, d distribution, root string) *registry {
	t.Helper()
	if err := os.MkdirAll(root, 0o755); err != nil {
		t.Fatal(err)
	}
	r := &registry{
		t: t, distribution: d, root: root,
		config: filepath.Join(t.TempDir(), "config.yml"),
		host:   freeAddress(t),
	}
	r.client = client{t: t, host: r.host}
	r.writeConfig(r.root, false)
	return r
}

// startedRegistry is an empty registry that takes pushes.
func startedRegistry(t *testing.T, d distribution) *registry {
	t.Helper()
	r := newRegistry(t, d)
	r.start()
	return r
}

// withCopiedTree is another registry over a copy of this one's tree.
func (r *registry) withCopiedTree() *registry {
	r.t.Helper()
	return r.copiedBy("cp", "-a")
}

// copiedBy copies the tree with a command that takes from where and to where.
func (r *registry) copiedBy(program string, args ...string) *registry {
	r.t.Helper()
	c := newRegistry(r.t, r.distribution)
	command(r.t, program, append(args, r.root+"/.", c.root)...)
	return c
}

// writeConfig turns the registry's own purging of uploads off: it begins at a
// random minute of the first hour, which may be the first.
func (r *registry) writeConfig(root string, readonly bool) {
	r.t.Helper()
	config := fmt.Sprintf(`version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage:
  filesystem: {rootdirectory: %q}
  delete: {enabled: true}
  cache: {blobdescriptor: inmemory}
  maintenance: {readonly: {enabled: %t}, uploadpurging: {enabled: false}}
http: {addr: %q, secret: e2e}
`, root, readonly, r.host)
	if err := os.WriteFile(r.config, []byte(config), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

// start serves the tree with the registry's configuration.
func (r *registry) start(env ...string) {
	r.t.Helper()
	cmd := exec.Command(r.program, "serve", r.config)
	cmd.Env = append(os.Environ(), env...)
	r.startAs(cmd)
}

// startAs serves the tree by a command of the caller's making.
func (r *registry) startAs(cmd *exec.Cmd) {
	r.t.Helper()
	if r.process != nil {
		r.t.Fatal("the registry is already running")
	}
	logged, err := os.CreateTemp(r.t.TempDir(), "registry-*.log")
	if err != nil {
		r.t.Fatal(err)
	}
	defer logged.Close()
	cmd.Stdout, cmd.Stderr = logged, logged
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	exited := make(chan struct{})
	go func() { cmd.Wait(); close(exited) }()
	r.process, r.exited = cmd, exited
	r.t.Cleanup(r.stop)
	r.awaitAnswer(logged.Name())
}

func (r *registry) awaitAnswer(logged string) {
	r.t.Helper()
	if err := answers(r.host, r.exited, 20*time.Second); err != nil {
		log, _ := os.ReadFile(logged)
		r.t.Fatalf("start %s: %v\n%s", r.program, err, log)
	}
}

// answers waits until a registry answers at host; a close of gone ends the wait.
func answers(host string, gone <-chan struct{}, patience time.Duration) error {
	deadline := time.After(patience)
	for {
		response, err := http.Get("http://" + host + "/v2/")
		if err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-gone:
			return fmt.Errorf("it exited")
		case <-deadline:
			return fmt.Errorf("no answer within %v", patience)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// stop ends the registry; one that is not running stays so.
func (r *registry) stop() {
	if r.process == nil {
		return
	}
	r.process.Process.Signal(syscall.SIGTERM)
	select {
	case <-r.exited:
	case <-time.After(5 * time.Second):
		r.process.Process.Kill()
		<-r.exited
	}
	r.process = nil
}

func (r *registry) pid() string { return fmt.Sprint(r.process.Process.Pid) }

// lock holds the tree as another run of the janitor does.
func (r *registry) lock() (unlock func()) {
	r.t.Helper()
	held, err := os.Open(r.v2())
	if err != nil {
		r.t.Fatal(err)
	}
	if err := syscall.Flock(int(held.Fd()), syscall.LOCK_EX); err != nil {
		r.t.Fatal(err)
	}
	return func() { held.Close() }
}

// v2 is a path below the root of the tree itself.
func (r *registry) v2(elements ...string) string {
	return filepath.Join(append([]string{r.root, "docker/registry/v2"}, elements...)...)
}

func (r *registry) repository(name string, elements ...string) string {
	return r.v2(append([]string{"repositories", name}, elements...)...)
}

// blobData is where the bytes of a digest lie.
func (r *registry) blobData(digest string) string {
	algorithm, hex, _ := strings.Cut(digest, ":")
	return r.v2("blobs", algorithm, hex[:2], hex, "data")
}

// freeAddress is one that nothing listens on now. Another process may take it
// before the registry does; the test then fails at the start, and loudly.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}
