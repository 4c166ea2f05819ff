package systemd

import (
	"strings"
	"testing"
)

// Capabilities as unit files have them, and as /proc does.
const (
	ofRoot      = "000000000008001f" // CHOWN, DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER, FSETID, SYS_PTRACE
	onlyLooking = "CAP_DAC_READ_SEARCH CAP_SYS_PTRACE"
	ofLooking   = "0000000000080004"
)

// vouched is the drop-in of all tests in which the service shall work: the
// processes of a container's host are out of its sight.
const vouched = `Environment="OPTIONS=--registry-stopped --retry-lock 10m"`

func TestService(t *testing.T) {
	m := boot(t)
	alive, dead := m.push("alive"), m.push("dead")
	alive.tag("latest")
	dead.tag("other")
	alive.tag("other")
	// The one after the other: it is one machine.
	for _, c := range []struct {
		name string
		test func(m *machine, alive, dead pushed)
	}{
		{"refused, the registry runs again", refused},
		{"without a sandbox nothing is begun", withoutSandbox},
		{"killed, the registry runs again", killed},
		{"stopped, the registry runs again", stopped},
		{"a registry of another unit is seen through the sandbox", besideAnother},
		{"a sweep as the registry's own user", asRegistry},
		{"a sweep", swept},
		{"in doubt it ends well", inDoubt},
		{"a registry that somebody has stopped stays stopped", leftStopped},
		{"the timer", timed},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := &machine{t: t, id: m.id, address: m.address}
			c.test(m, alive, dead)
		})
	}
}

func refused(m *machine, alive, dead pushed) {
	m.configure("") // nobody vouches
	m.sweeps("exit-code", "5")
	m.requireStored(dead, true)
	m.requireServed(alive)
}

func withoutSandbox(m *machine, alive, _ pushed) {
	before := m.show(registryUnit, "MainPID")
	m.configure(vouched, "ReadWritePaths=/nowhere")
	m.sweeps("exit-code", "0") // the janitor's, which has not been started
	if m.show(registryUnit, "MainPID") != before {
		m.t.Error("the registry was stopped in vain")
	}
	m.requireServed(alive)
}

func killed(m *machine, alive, _ pushed) {
	m.configure(vouched)
	release := m.startAndHold()
	defer release()
	m.requireCapabilities(ofRoot)
	m.run("systemctl", "kill", "--signal=KILL", service)
	m.await("the service has ended", func() bool { return m.show(service, "ActiveState") == "failed" })
	m.requireServed(alive)
}

func stopped(m *machine, alive, _ pushed) {
	m.configure(vouched)
	release := m.startAndHold()
	defer release()
	m.run("systemctl", "stop", service)
	m.requireServed(alive)
}

func besideAnother(m *machine, _, dead pushed) {
	m.configure(vouched)
	m.run("systemd-run", "--quiet", "--unit=another", "--uid=docker-registry", "--property=PrivateTmp=yes",
		"--setenv=REGISTRY_HTTP_ADDR=127.0.0.1:5001", "docker-registry", "serve", "/etc/docker/registry/config.yml")
	defer m.run("systemctl", "stop", "another")
	m.await("the other registry runs", func() bool { return m.comm(m.show("another", "MainPID")) == "docker-registry" })
	m.sweeps("exit-code", "5")
	if log := m.log(); !strings.Contains(log, "process "+m.show("another", "MainPID")+" (") {
		m.t.Errorf("the refusal does not name the registry:\n%s", log)
	}
	m.requireStored(dead, true)
}

// asRegistry gives the registry's user the two capabilities that only look.
func asRegistry(m *machine, alive, dead pushed) {
	m.configure(vouched, "User=docker-registry", "CapabilityBoundingSet=", "CapabilityBoundingSet="+onlyLooking,
		"AmbientCapabilities="+onlyLooking)
	release := m.startAndHold()
	m.requireCapabilities(ofLooking)
	release()
	m.await("the service has ended", func() bool { return m.show(service, "ActiveState") == "inactive" })
	m.requireServed(alive)
	m.requireStored(dead, false)
}

func swept(m *machine, alive, dead pushed) {
	again := m.push("dead")
	again.tag("other")
	alive.tag("other")
	before := m.show(registryUnit, "MainPID")
	m.configure(vouched)
	m.requireStored(dead, true)
	m.sweeps("success", "0")
	m.requireStored(dead, false)
	m.requireServed(alive)
	if m.show(registryUnit, "MainPID") == before {
		m.t.Error("the registry was not stopped")
	}
}

func inDoubt(m *machine, alive, _ pushed) {
	m.run("truncate", "--size=0", storage+"/docker/registry/v2/repositories/app/_manifests/tags/other/current/link")
	m.sweeps("success", "0")
	if log := m.log(); !strings.Contains(log, "exit 3: finished, but something was kept in doubt") {
		m.t.Errorf("it was not in doubt:\n%s", log)
	}
	m.requireServed(alive)
}

func leftStopped(m *machine, _, _ pushed) {
	m.run("systemctl", "stop", registryUnit)
	m.sweeps("success", "0")
	if state := m.show(registryUnit, "ActiveState"); state != "inactive" {
		m.t.Errorf("the registry is %s", state)
	}
	m.run("systemctl", "start", registryUnit)
}

func timed(m *machine, _, _ pushed) {
	m.run("systemctl", "enable", "--now", timer)
	if next := m.show(timer, "NextElapseUSecRealtime"); !strings.HasPrefix(next, "Sun ") || !strings.Contains(next, " 04:00:00 ") {
		m.t.Errorf("it elapses next on %q", next)
	}
}

// TestEndToEndInTheSandbox runs the whole suite with the janitor in the service's
// sandbox.
func TestEndToEndInTheSandbox(t *testing.T) {
	m := boot(t)
	m.run("systemctl", "stop", registryUnit)
	out, err := m.try("sh", "-ec", `cd /src/scripts
		export HOME=/root GOPROXY=off GOFLAGS=-buildvcs=false TMPDIR=`+trees+` REGJANITOR_E2E_BINARY=/src/scripts/systemd/sandboxed
		"$GOROOT/bin/go" version
		PATH=$GOROOT/bin:$PATH go test ./e2e -count=1 -timeout 30m -v`)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for line := range strings.Lines(out) {
		if strings.Contains(line, "--- ") {
			t.Log(strings.TrimRight(line, "\n"))
		}
	}
	// A run that went past the sandbox would prove nothing.
	if n := strings.Count(m.run("journalctl", "--no-pager", "--output=cat"), "regjanitor-sandboxed-"); n < 100 {
		t.Errorf("the journal knows of %d runs in the sandbox", n)
	}
}

// sweeps starts the service, waits for its end, and says how it has to end. Of
// what has ended well systemd forgets the janitor's exit code.
func (m *machine) sweeps(result, code string) {
	m.t.Helper()
	_, err := m.try("systemctl", "start", service)
	got, status := m.show(service, "Result"), m.show(service, "ExecMainStatus")
	if got != result || status != code || (err == nil) != (result == "success") {
		m.t.Fatalf("the service ended with %s, %s; want %s, %s: %v\n%s", got, status, result, code, err, m.log())
	}
}

// startAndHold starts the service while another holds the tree, and returns as
// soon as it waits: the registry is stopped then.
func (m *machine) startAndHold() (release func()) {
	m.t.Helper()
	m.run("systemd-run", "--quiet", "--collect", "--unit=holder", "flock", storage+"/docker/registry/v2", "sleep", "600")
	m.run("systemctl", "start", "--no-block", service)
	m.await("the janitor waits", func() bool { return m.show(service, "MainPID") != "0" && m.threads() != "" })
	if state := m.show(registryUnit, "ActiveState"); state != "inactive" {
		m.t.Errorf("the registry is %s beside the janitor", state)
	}
	return func() { m.run("systemctl", "stop", "holder") }
}

// threads is the status of each of the janitor's, once it has been set up.
func (m *machine) threads() string {
	m.t.Helper()
	pid := m.show(service, "MainPID")
	if m.comm(pid) != "regjanitor" {
		return ""
	}
	out, _ := m.try("sh", "-c", "grep -h -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/"+pid+"/task/*/status")
	return out
}

// comm is the name of a process.
func (m *machine) comm(pid string) string {
	name, _ := m.try("cat", "/proc/"+pid+"/comm")
	return name
}

// requireCapabilities: each thread has these, and is in the sandbox.
func (m *machine) requireCapabilities(mask string) {
	m.t.Helper()
	const filtered = "2"
	wanted := map[string]string{"CapEff": mask, "CapPrm": mask, "CapAmb": "0000000000000000", "NoNewPrivs": "1", "Seccomp": filtered}
	for line := range strings.Lines(m.threads()) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":\t")
		if want, ok := wanted[name]; ok && value != want {
			m.t.Errorf("a thread of the janitor has %s %s, want %s", name, value, want)
		}
	}
}
