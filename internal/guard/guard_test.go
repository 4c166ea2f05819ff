package guard

import (
	"os"
	"strings"
	"testing"
	"time"
)

const etc = "/etc/docker/registry/config.yml"

// serves is a registry with the usual configuration.
func serves(argv ...string) process {
	if len(argv) == 0 {
		argv = []string{"/usr/bin/docker-registry", "serve", etc}
	}
	return process{pid: 4711, argv: argv}
}

func with(p process, change func(*process)) process { change(&p); return p }

// The verdict without --registry-stopped, and with it.
type verdicts struct{ plain, stopped string }

var (
	allowed   = verdicts{"ok", "ok"}
	running   = verdicts{"registry-running", "registry-running"}
	unclear   = verdicts{"registry-unclear", "ok"}
	invisible = verdicts{"registry-invisible", "ok"}
	foreign   = verdicts{"foreign-registry", "foreign-registry"}
)

type scene struct {
	name      string
	files     map[string]string
	processes []process
	want      verdicts
	readonly  bool   // whether the sighting says that a read-only registry is there
	says      string // part of the refusal's message
}

func play(t *testing.T, scenes []scene) {
	for _, c := range scenes {
		t.Run(c.name, func(t *testing.T) {
			h := newHost(t, c.files)
			for _, p := range c.processes {
				h.start(p)
			}
			s := Look(h.Host, h.tree(registry))
			err := s.Judge(false)
			if got := (verdicts{verdict(t, err), verdict(t, s.Judge(true))}); got != c.want {
				t.Errorf("got %v, want %v (%v)", got, c.want, err)
			}
			if s.ReadOnly() != c.readonly {
				t.Errorf("ReadOnly() = %v", s.ReadOnly())
			}
			if c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
				t.Errorf("got %q; want it to say %q", err, c.says)
			}
		})
	}
}

func TestCatalogue42_ARegistryOnThisTreeIsRecognised(t *testing.T) {
	ours := map[string]string{etc: configOf(registry)}
	play(t, []scene{
		{name: "nothing runs", files: ours, want: allowed},
		{name: "a registry", files: ours, processes: []process{serves()}, want: running,
			says: "process 4711 (/usr/bin/docker-registry serve /etc/docker/registry/config.yml) can write to it"},
		{name: "whatever its name", files: ours, processes: []process{serves("/opt/hub", "serve", etc)}, want: running},
		{name: "with flags", files: ours, processes: []process{serves("registry", "serve", "--x", etc)}, want: running},
		{name: "before it had subcommands", files: ours, processes: []process{serves("/bin/registry", etc)}, want: running},
		{name: "its configuration by the environment", files: ours, want: running,
			processes: []process{with(serves("hub", "serve"), func(p *process) { p.env = []string{"REGISTRY_CONFIGURATION_PATH=" + etc} })}},
		{name: "its configuration where the image has it", files: ours, processes: []process{serves("registry", "serve")}, want: running},
		{name: "its configuration where the image of version 3 has it", want: running, processes: []process{serves("registry", "serve")},
			files: map[string]string{"/etc/distribution/config.yml": configOf(registry)}},
		{name: "a relative path to its configuration", files: ours, want: running,
			processes: []process{with(serves("registry", "serve", "registry/config.yml"), func(p *process) { p.cwd = "/etc/docker" })}},
		{name: "a relative path to its tree", files: map[string]string{etc: configOf("../srv/registry")}, want: running,
			processes: []process{with(serves(), func(p *process) { p.cwd = "/etc" })}},
		{name: "its tree through a symbolic link", files: map[string]string{etc: configOf("/data"), "/data": "->/srv/registry"},
			processes: []process{serves()}, want: running},
		{name: "its tree by the environment", files: map[string]string{etc: configOf("/srv/other")}, want: running,
			processes: []process{with(serves(), func(p *process) { p.env = []string{"REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY=" + registry} })}},
		{name: "its own garbage collector", files: ours, processes: []process{serves("registry", "garbage-collect", "-m", etc)}, want: running},
		{name: "a collector writes though the configuration is read-only", files: map[string]string{etc: configOf(registry, readonly)},
			processes: []process{serves("registry", "garbage-collect", etc)}, want: running},
		{name: "below a wrapper", files: ours, want: running, says: "process 4710 (tini -- registry serve " + etc + ") and process 4711 (",
			processes: []process{{pid: 4710, argv: []string{"tini", "--", "registry", "serve", etc}}, serves()}},
		{name: "another wrote it into two trees' configurations", want: running, says: "process 4711 (",
			files:     map[string]string{etc: configOf(registry), "/etc/b.yml": configOf("/srv/other")},
			processes: []process{{pid: 4710, argv: []string{"registry", "serve", "/etc/b.yml"}}, serves()}},
	})
}

func TestCatalogue42_WhatIsHarmlessIsLeftInPeace(t *testing.T) {
	ours := map[string]string{etc: configOf(registry), "/repo/registry": "serve: x\n", "/repo/mkdocs.yml": "site_name: x\n"}
	at := func(dir string, argv ...string) []process {
		return []process{with(serves(argv...), func(p *process) { p.cwd = dir })}
	}
	play(t, []scene{
		{name: "a registry on another tree", files: map[string]string{etc: configOf("/srv/other")}, processes: []process{serves()}, want: allowed},
		{name: "a registry whose tree is not there yet", files: map[string]string{etc: configOf("/srv/new")}, processes: []process{serves()}, want: allowed},
		{name: "a registry on another store", files: map[string]string{etc: "version: 0.1\nstorage: {s3: {bucket: b}}"}, processes: []process{serves()}, want: allowed},
		{name: "a read-only mirror of another tree", files: map[string]string{etc: configOf("/srv/other", readonly, proxied)}, processes: []process{serves()}, want: allowed},
		{name: "a shell that holds the words as one", files: ours, processes: at("/", "sh", "-c", "registry serve "+etc), want: allowed},
		{name: "grep", files: ours, processes: at("/repo", "grep", "serve", "registry"), want: allowed},
		{name: "grep elsewhere", files: ours, processes: at("/", "grep", "serve", "registry"), want: allowed},
		{name: "an editor", files: ours, processes: at("/", "vim", etc), want: allowed},
		{name: "another server", files: ours, processes: at("/repo", "mkdocs", "serve", "mkdocs.yml"), want: allowed},
		{name: "a server without a configuration", files: ours, processes: at("/", "ollama", "serve"), want: allowed},
		{name: "another program called registry", files: ours, processes: at("/", "/opt/schema/registry"), want: allowed},
		{name: "the registry's help", files: ours, processes: at("/", "registry", "--version"), want: allowed},
		{name: "the client of a container that has a configuration of its own", files: ours, want: allowed,
			processes: at("/", "docker", "run", "registry:2", "serve", "/etc/mine.yml")},
		{name: "the same as root", files: ours, processes: at("/", "sudo", "docker", "exec", "r", "registry", "garbage-collect", etc), want: allowed},
		{name: "a janitor that waits for the lock", files: ours, processes: at("/", "sudo", "/opt/regjanitor", "garbage-collect", etc), want: allowed},
		{name: "a zombie", files: ours, processes: []process{{pid: 4711}}, want: allowed},
	})
}

func TestCatalogue42_TheScriptThatRunsUsIsNoCollector(t *testing.T) {
	h := newHost(t, map[string]string{etc: configOf(registry)})
	h.must(os.RemoveAll(h.Dir + "/proc/50/stat"))
	h.write("/proc/50/stat", "50 (regjanitor) S 49 0 0\n")
	h.start(process{pid: 49, argv: []string{"/opt/nightly", "garbage-collect", etc}, parent: 1})
	if err := Look(h.Host, h.tree(registry)).Judge(false); err != nil {
		t.Error(err)
	}
}

// In a container that runs nothing else we are the first process, by any name.
func TestCatalogue42_WeAreNoCollectorOurselves(t *testing.T) {
	h := newHost(t, map[string]string{etc: configOf(registry)})
	h.must(os.RemoveAll(h.Dir + "/proc/1"))
	h.must(os.RemoveAll(h.Dir + "/proc/self"))
	h.must(os.RemoveAll(h.Dir + "/proc/50"))
	h.start(process{pid: 1, argv: []string{"/bin/registry", "garbage-collect", etc}})
	h.link("/proc/self", "1")
	h.link("/proc/1/ns/pid", hostPIDs)
	if err := Look(h.Host, h.tree(registry)).Judge(false); err != nil {
		t.Error(err)
	}
}

// The first process takes in orphans: that it is our parent proves nothing.
func TestCatalogue42_TheFirstProcessMayBeACollector(t *testing.T) {
	h := newHost(t, map[string]string{etc: configOf(registry)})
	h.must(os.RemoveAll(h.Dir + "/proc/1"))
	h.start(process{pid: 1, argv: []string{"/bin/registry", "garbage-collect", etc}})
	if got := verdict(t, Look(h.Host, h.tree(registry)).Judge(true)); got != "registry-running" {
		t.Errorf("got %s", got)
	}
}

func TestCatalogue42_ReadOnlyIsBelievedOnProofOnly(t *testing.T) {
	environ := func(p process, variables ...string) []process { p.env = variables; return []process{p} }
	old := with(serves(), func(p *process) { p.age = time.Hour }) // older than its configuration
	const byEnvironment = `REGISTRY_STORAGE_MAINTENANCE_READONLY={"enabled":true}`
	play(t, []scene{
		{name: "by its file, unchanged since", files: map[string]string{etc: configOf(registry, readonly)}, processes: []process{serves()}, want: allowed, readonly: true},
		{name: "by its file, changed since", files: map[string]string{etc: configOf(registry, readonly)}, processes: []process{old}, want: running,
			says: "has changed since it started"},
		{name: "by its environment", files: map[string]string{etc: configOf(registry)}, processes: environ(serves(), byEnvironment), want: allowed, readonly: true},
		{name: "by its environment, the file changed since", files: map[string]string{etc: configOf(registry)}, processes: environ(old, byEnvironment), want: allowed, readonly: true},
		{name: "by its environment, one level up", files: map[string]string{etc: configOf(registry)},
			processes: environ(serves(), "REGISTRY_STORAGE_MAINTENANCE={readonly: {enabled: true}}"), want: allowed, readonly: true},
		{name: "not by a variable without effect", files: map[string]string{etc: configOf(registry)},
			processes: environ(serves(), "REGISTRY_STORAGE_MAINTENANCE_READONLY_ENABLED=true"), want: running, says: "has no effect"},
		{name: "not against its environment", files: map[string]string{etc: configOf(registry, readonly)},
			processes: environ(serves(), `REGISTRY_STORAGE_MAINTENANCE_READONLY={"enabled":false}`), want: running},
		{name: "not beside one that writes", files: map[string]string{etc: configOf(registry, readonly), "/etc/w.yml": configOf(registry)},
			processes: []process{serves(), {pid: 4712, argv: []string{"registry", "serve", "/etc/w.yml"}}}, want: running, readonly: true, says: "process 4712"},
	})
}

func TestCatalogue42_AConfigurationThatIsNotTheOneItStartedWithProvesNothing(t *testing.T) {
	old := with(serves(), func(p *process) { p.age = time.Hour })
	byEnvironment := with(old, func(p *process) { p.env = []string{"REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY=" + registry} })
	play(t, []scene{
		{name: "changed, and names another tree", files: map[string]string{etc: configOf("/srv/other")}, processes: []process{old}, want: unclear,
			says: "has changed since it started"},
		{name: "changed, and names another driver", files: map[string]string{etc: "version: 0.1\nstorage: {s3: {}}"}, processes: []process{old}, want: unclear},
		{name: "changed, and names this tree", files: map[string]string{etc: configOf(registry)}, processes: []process{old}, want: running},
		{name: "a link that leads elsewhere since", files: map[string]string{"/etc/docker/registry": "->/etc/b", "/etc/b/config.yml": configOf("/srv/other")},
			processes: []process{old}, want: unclear},
		{name: "deleted", processes: []process{serves()}, want: unclear, says: "cannot be read"},
		{name: "deleted, of a program by any name", processes: []process{serves("hub", "serve", "/etc/hub.yml")}, want: unclear},
		{name: "deleted, but its tree is in its environment", processes: []process{byEnvironment}, want: running},
		{name: "garbled", files: map[string]string{etc: configOf(registry) + "\t:"}, processes: []process{serves()}, want: unclear, says: "line 6"},
		{name: "garbled, of a program by any name", files: map[string]string{"/etc/hub": configOf(registry) + "\t:"},
			processes: []process{serves("hub", "serve", "/etc/hub")}, want: unclear},
		{name: "a key twice, of which the registry takes the last", processes: []process{serves()}, want: running,
			files: map[string]string{etc: configOf("/srv/other") + configOf(registry)}},
		{name: "none of its environment to be read", files: map[string]string{etc: configOf("/srv/other")},
			processes: []process{with(serves(), func(p *process) { p.opaque = true })}, want: unclear},
	})
}

func TestCatalogue42_ContainersAreSeenInto(t *testing.T) {
	const id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	in := with(serves("registry", "serve", etc), func(p *process) { p.root = "/box"; p.cgroup = "0::/system.slice/docker-" + id + ".scope\n" })
	bound := with(in, func(p *process) {
		p.mounts = "9 0 0:44 / / rw - overlay overlay rw\n10 9 8:1 /srv/registry /var/lib/registry rw - ext4 /dev/sda rw\n"
	})
	v2 := "/var/lib/registry/docker/registry/v2/"
	files := func(more ...string) map[string]string {
		all := map[string]string{"/box" + etc: configOf("/var/lib/registry")}
		for i := 0; i < len(more); i += 2 {
			all[more[i]] = more[i+1]
		}
		return all
	}
	play(t, []scene{
		{name: "another tree by a path that is ours here", files: map[string]string{"/box" + etc: configOf(registry), "/box/srv/registry/docker/registry/v2/x": ""},
			processes: []process{in}, want: allowed},
		{name: "an absolute link of the container's", files: files("/box/var/lib/registry", "->/data", "/box/data/docker/registry/v2/x", ""),
			processes: []process{in}, want: allowed},
		{name: "a tree of its own", files: files("/box"+v2+"x", ""), processes: []process{bound}, want: allowed},
		{name: "a tree that cannot be looked at, by its mount", files: files("/box/var/lib/registry", "->registry"),
			processes: []process{bound}, want: running, says: "in container docker 0123456789ab"},
		{name: "a tree that cannot be looked at, and no mount", files: files("/box/var/lib/registry", "->registry"),
			processes: []process{in}, want: unclear, says: "cannot be looked at"},
	})

	t.Run("our tree", func(t *testing.T) {
		h := newHost(t, files("/box"+v2+"x", ""))
		h.start(in)
		err := Look(h.Host, h.tree("/box/var/lib/registry")).Judge(true)
		if got := verdict(t, err); got != "registry-running" {
			t.Errorf("got %v, %v", got, err)
		}
	})
	t.Run("our tree through an overlay", func(t *testing.T) {
		h := newHost(t, files("/box"+v2+"x", ""))
		h.start(with(in, func(p *process) { p.mounts = "9 0 0:44 / / rw - overlay overlay rw\n" }))
		tree := h.tree("/box/var/lib/registry")
		tree.Device++
		if got := verdict(t, Look(h.Host, tree).Judge(false)); got != "registry-unclear" {
			t.Errorf("got %v", got)
		}
	})
}

func TestCatalogue42_WhoCannotSeeSaysSo(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(fakeHost)
		want   verdicts
		says   string
	}{
		{"all is seen", func(fakeHost) {}, allowed, ""},
		{"a container's PID namespace", func(h fakeHost) {
			h.must(os.Remove(h.Dir + "/proc/50/ns/pid"))
			h.link("/proc/50/ns/pid", "pid:[4026532999]")
		}, invisible, "another PID namespace"},
		{"no /proc", func(h fakeHost) { h.must(os.RemoveAll(h.Dir + "/proc")) }, invisible, "no Linux /proc"},
		{"a network file system", func(h fakeHost) {
			h.write("/proc/50/mountinfo", hostMount+"3 1 0:40 / /srv rw - nfs4 nas:/srv rw\n")
		}, invisible, "the tree lies on nfs4"},
		{"a file system that may be a network's", func(h fakeHost) {
			h.write("/proc/50/mountinfo", hostMount+"3 1 0:40 / /srv/registry rw - fuse.juicefs x rw\n")
		}, invisible, "fuse.juicefs"},
		{"no mounts to be read", func(h fakeHost) { h.must(os.Remove(h.Dir + "/proc/50/mountinfo")) }, invisible, "mountinfo"},
		{"hidepid, but not from us", func(h fakeHost) {
			h.write("/proc/50/mountinfo", strings.Replace(hostMount, "proc rw\n", "proc rw,hidepid=2\n", 1))
		}, allowed, ""},
		{"hidepid", func(h fakeHost) {
			h.write("/proc/50/mountinfo", strings.Replace(hostMount, "proc rw\n", "proc rw,hidepid=invisible\n", 1))
			h.must(os.RemoveAll(h.Dir + "/proc/1"))
		}, invisible, "hidepid"},
		{"a process that shows nothing", func(h fakeHost) { h.start(process{pid: 60, unnamed: true}) }, invisible, "1 processes"},
		{"a process that has just ended", func(h fakeHost) { h.must(os.Mkdir(h.Dir+"/proc/60", 0o755)) }, allowed, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHost(t, nil)
			tree := h.tree(registry)
			c.change(h)
			s := Look(h.Host, tree)
			err := s.Judge(false)
			if got := (verdicts{verdict(t, err), verdict(t, s.Judge(true))}); got != c.want {
				t.Errorf("got %v, want %v (%v)", got, c.want, err)
			}
			if c.says != "" && !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %q; want it to say %q", err, c.says)
			}
		})
	}
}

func TestCatalogue47_HarborAndGitLabAreRecognised(t *testing.T) {
	play(t, []scene{
		{name: "Harbor by its program, read-only", files: map[string]string{etc: configOf(registry, readonly)},
			processes: []process{serves("/usr/bin/registry_DO_NOT_USE_GC", "serve", etc)}, want: foreign, readonly: true, says: "belongs to Harbor"},
		{name: "Harbor by its configuration", files: map[string]string{etc: configOf(registry, "auth: {htpasswd: {realm: harbor-registry-basic-realm}}")},
			processes: []process{serves()}, want: foreign},
		{name: "GitLab with its database", files: map[string]string{etc: configOf(registry)}, want: foreign, says: "GitLab",
			processes: []process{with(serves(), func(p *process) { p.env = []string{"REGISTRY_DATABASE_ENABLED=true"} })}},
		{name: "Harbor on another tree", files: map[string]string{etc: configOf("/srv/other")},
			processes: []process{serves("registry_DO_NOT_USE_GC", "serve", etc)}, want: allowed},
	})
	c, err := ReadConfig([]byte(configOf(registry, "database: {enabled: true}")), nil)
	if err != nil || verdict(t, c.Judge()) != "foreign-registry" {
		t.Errorf("a configuration of GitLab's gives %+v, %v", c, err)
	}
}

func TestCatalogue53_APullThroughCacheIsRefusedUnlessStopped(t *testing.T) {
	play(t, []scene{
		{name: "that runs", files: map[string]string{etc: configOf(registry, proxied)}, processes: []process{serves()}, want: running},
		{name: "in read-only mode too", files: map[string]string{etc: configOf(registry, readonly, proxied)}, processes: []process{serves()}, want: running,
			says: "a pull-through cache"},
		{name: "by its environment", files: map[string]string{etc: configOf(registry, readonly)}, want: running,
			processes: []process{with(serves(), func(p *process) { p.env = []string{"REGISTRY_PROXY_REMOTEURL=https://r.example"} })}},
		{name: "stopped", files: map[string]string{etc: configOf(registry, proxied)}, want: allowed},
	})
}
