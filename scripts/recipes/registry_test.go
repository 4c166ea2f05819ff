package recipes

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/crane"
	"github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

func eachDistribution(t *testing.T, test func(t *testing.T, program string)) {
	t.Parallel()
	for version, program := range map[string]string{"2.8": programs.registry2, "3.1": programs.registry3} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			test(t, program)
		})
	}
}

// registry is one that clients see at an address and the janitor in a root,
// with one image under a tag, and one that has lost it.
type registry struct {
	t          *testing.T
	host       string // 127.0.0.1:port
	root       string // the storage root, as this host names it
	alive, old v1.Image
}

// process is a registry that an administrator starts and stops with these lines
// for sh.
type process struct {
	*registry
	start, startReadOnly, startAlmostReadOnly, stop string

	pidFile string
}

// startProcess starts a registry that has an image and garbage.
func startProcess(t *testing.T, program string) process {
	t.Helper()
	dir := t.TempDir()
	p := process{
		registry: &registry{t: t, host: freeAddress(t), root: filepath.Join(dir, "storage")},
		pidFile:  filepath.Join(dir, "pid"),
	}
	config := filepath.Join(dir, "config.yml")
	write(t, config, fmt.Sprintf(`version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage:
  filesystem: {rootdirectory: %q}
  cache: {blobdescriptor: inmemory}
  maintenance: {readonly: {enabled: false}, uploadpurging: {enabled: false}}
http: {addr: %q, secret: recipes}
`, p.root, p.host), 0o644)
	p.start = fmt.Sprintf("%s serve %s >>%s/log 2>&1 & echo $! >%s", program, config, dir, p.pidFile)
	p.startReadOnly = `REGISTRY_STORAGE_MAINTENANCE_READONLY='{"enabled":true}' ` + p.start
	p.startAlmostReadOnly = `REGISTRY_STORAGE_MAINTENANCE_READONLY_ENABLED=true ` + p.start
	// Its port is free when curl's connection is refused, which is a 7.
	p.stop = fmt.Sprintf("kill $(cat %[1]s) && while curl -s http://%[2]s/ || [ $? != 7 ]; do sleep 0.05; done && rm %[1]s", p.pidFile, p.host)
	t.Cleanup(func() { exec.Command("sh", "-c", p.stop).Run() })
	command(t, "sh", "-c", p.start)
	p.awaitAnswer()
	p.fill()
	return p
}

// pid changes with every start.
func (p process) pid() string {
	p.t.Helper()
	data, err := os.ReadFile(p.pidFile)
	if err != nil {
		p.t.Fatal(err)
	}
	return strings.TrimSpace(string(data))
}

func (r *registry) awaitAnswer() {
	r.t.Helper()
	await(r.t, "a registry answers at "+r.host, r.answers)
}

func (r *registry) answers() bool { return r.status() == http.StatusOK }

// status of the answer to the first question of all clients, 0 where there is
// none.
func (r *registry) status() int {
	response, err := http.Get("http://" + r.host + "/v2/")
	if err != nil {
		return 0
	}
	response.Body.Close()
	return response.StatusCode
}

// fill pushes an image that loses its tag, and the one that takes it.
func (r *registry) fill() {
	r.t.Helper()
	r.old, r.alive = randomImage(r.t), randomImage(r.t)
	for _, image := range []v1.Image{r.old, r.alive} {
		if err := r.push(image, "latest"); err != nil {
			r.t.Fatal(err)
		}
	}
}

func (r *registry) push(image v1.Image, tag string) error {
	return crane.Push(image, r.host+"/team/app:"+tag, crane.Insecure)
}

// pull fetches all of an image, and compares every digest.
func (r *registry) pull(tag string) error {
	image, err := crane.Pull(r.host+"/team/app:"+tag, crane.Insecure)
	if err != nil {
		return err
	}
	return validate.Image(image)
}

// requireServing: the registry is up and has what was tagged; it takes pushes,
// of what a sweep has removed too, which one that remembers it would not store.
func (r *registry) requireServing() {
	r.t.Helper()
	if !r.answers() {
		r.t.Fatal("the registry is not back")
	}
	if err := r.pull("latest"); err != nil {
		r.t.Errorf("pull what was tagged: %v", err)
	}
	if err := r.push(r.old, "back"); err != nil {
		r.t.Fatalf("push what has gone: %v", err)
	}
	if err := r.pull("back"); err != nil {
		r.t.Errorf("pull what was pushed again: %v", err)
	}
}

// requireSwept: the garbage has gone, or is still there, before anybody pushes
// it again.
func (r *registry) requireSwept(want bool) {
	r.t.Helper()
	for _, b := range blobs(r.t, r.old) {
		if _, err := os.Stat(r.blob(b)); os.IsNotExist(err) != want {
			r.t.Errorf("garbage %s is gone: %v, want %v", b, os.IsNotExist(err), want)
		}
	}
	for _, b := range blobs(r.t, r.alive) {
		if _, err := os.Stat(r.blob(b)); err != nil {
			r.t.Error(err)
		}
	}
}

func (r *registry) v2() string { return filepath.Join(r.root, "docker/registry/v2") }

func (r *registry) blob(h v1.Hash) string {
	return filepath.Join(r.v2(), "blobs", h.Algorithm, h.Hex[:2], h.Hex, "data")
}

// damage gives the janitor a doubt: a tag in another repository whose link is
// empty.
func (r *registry) damage() {
	r.t.Helper()
	if err := crane.Push(randomImage(r.t), r.host+"/damaged:latest", crane.Insecure); err != nil {
		r.t.Fatal(err)
	}
	write(r.t, filepath.Join(r.v2(), "repositories/damaged/_manifests/tags/latest/current/link"), "", 0o644)
}

func randomImage(t *testing.T) v1.Image {
	t.Helper()
	image, err := random.Image(1024, 2)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

// blobs are those that belong to an image alone.
func blobs(t *testing.T, image v1.Image) []v1.Hash {
	t.Helper()
	digest, err := image.Digest()
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := image.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	all := []v1.Hash{digest, manifest.Config.Digest}
	for _, l := range manifest.Layers {
		all = append(all, l.Digest)
	}
	return all
}

// freeAddress is one that nothing listens on now.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}
