package guard

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestARefusalSaysHowToStopTheRegistry(t *testing.T) {
	const id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	for cgroup, want := range map[string]string{
		"0::/system.slice/docker-registry.service\n":                                   "systemctl stop docker-registry.service",
		"0::/system.slice/docker-" + id + ".scope\n":                                   "docker stop 0123456789ab",
		"12:pids:/docker/" + id + "\n":                                                 "docker stop 0123456789ab",
		"0::/machine.slice/libpod-" + id + ".scope/container\n":                        "podman stop 0123456789ab",
		"0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-" + id + ".scope\n":     "kubernetes 0123456789ab",
		"0::/default/" + id + "\n":                                                     "containerd 0123456789ab",
		"0::/user.slice/user-1000.slice/session-3.scope\n":                             "stop process 4711",
		"0::/system.slice/system-registry.slice/registry@eu.service/payload.service\n": "systemctl stop payload.service",
	} {
		h := newHost(t, map[string]string{etc: configOf(registry)})
		h.start(with(serves(), func(p *process) { p.cgroup = cgroup }))
		hint := refusalOf(t, Look(h.Host, h.tree(registry)).Judge(false)).Hint
		for _, part := range []string{want, etc, "maintenance: {readonly: {enabled: true}}", `REGISTRY_STORAGE_MAINTENANCE_READONLY='{"enabled":true}'`} {
			if !strings.Contains(hint, part) {
				t.Errorf("%s: the hint %q lacks %q", cgroup, hint, part)
			}
		}
	}
}

func TestTreesOfRunningRegistriesAreNamedAsTheHostKnowsThem(t *testing.T) {
	h := newHost(t, map[string]string{
		etc:                 configOf(registry),
		"/etc/b.yml":        configOf("/srv/other"),
		"/etc/s3.yml":       "version: 0.1\nstorage: {s3: {}}",
		"/box/etc/c.yml":    configOf("/var/lib/registry"),
		"/box/var/lib/x":    "",
		"/lost/etc/c.yml":   configOf("/data"),
		"/box/var/lib/reg1": "->registry",
	})
	h.must(os.Mkdir(h.Dir+"/box/var/lib/registry", 0o755))
	h.start(serves())
	h.start(process{pid: 10, argv: []string{"registry", "serve", "/etc/b.yml"}})
	h.start(process{pid: 11, argv: []string{"registry", "serve", "/etc/b.yml"}})
	h.start(process{pid: 12, argv: []string{"registry", "serve", "/etc/s3.yml"}})
	h.start(process{pid: 13, argv: []string{"registry", "serve", "/etc/c.yml"}, root: "/box",
		mounts: "9 0 8:1 /box / rw - ext4 /dev/sda rw\n"})
	h.start(process{pid: 14, argv: []string{"registry", "serve", "/etc/c.yml"}, root: "/lost", mounts: "9 0 0:44 / / rw - overlay overlay rw\n"})
	want := []string{"/box/var/lib/registry", "/data in process 14", "/srv/other", registry}
	if diff := cmp.Diff(want, Look(h.Host, Tree{}).Trees()); diff != "" {
		t.Error(diff)
	}
}
