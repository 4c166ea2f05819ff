package systemd

import (
	"strings"
	"testing"
)

// TestWindowOfAUnit opens the maintenance window for a real unit: stopped, read-only,
// and where it goes on taking pushes.
func TestWindowOfAUnit(t *testing.T) {
	m := boot(t)
	command(t, "docker", "cp", "../maintenance-window/maintenance-window", m.id+":/usr/local/sbin/maintenance-window")
	alive := m.push("alive")
	for _, mode := range []string{"", "--read-only"} {
		dead := m.push("dead")
		alive.tag("latest")
		dead.tag("other")
		alive.tag("other")
		m.requireStored(dead, true)
		before := m.show(registryUnit, "MainPID")

		m.run("sh", "-ec", "maintenance-window --unit docker-registry "+mode+" -- sweep -q --yes --registry-stopped")
		m.requireStored(dead, false)
		m.requireServed(alive)
		if m.show(registryUnit, "MainPID") == before {
			t.Errorf("%s: the registry has not been restarted", mode)
		}
	}

	m.pretendReadOnlyIsIgnored()
	garbage := m.push("dead")
	garbage.tag("other")
	alive.tag("other")
	out, err := m.try("maintenance-window", "--unit", registryUnit, "--read-only", "--patience", "2", "--", "sweep", "-q", "--yes", "--registry-stopped")
	if err == nil || !strings.Contains(out, "answers a push by 400, not by 405: nothing was swept") {
		t.Errorf("without read-only mode it ends with %v: %s", err, out)
	}
	m.requireStored(garbage, true)
	m.requireServed(alive)
	if left, _ := m.try("find", "/run/systemd/system", "-name", "maintenance-window.conf"); left != "" {
		t.Errorf("what makes the unit read-only is left: %s", left)
	}

	m.run("systemctl", "stop", registryUnit)
	m.run("maintenance-window", "--unit", registryUnit, "--read-only", "--", "sweep", "-q", "--yes", "--registry-stopped")
	m.requireStored(garbage, false)
	if state := m.show(registryUnit, "ActiveState"); state != "inactive" {
		t.Errorf("a registry that was stopped is %s", state)
	}
}

// pretendReadOnlyIsIgnored gives the unit a drop-in that is read after the
// window's.
func (m *machine) pretendReadOnlyIsIgnored() {
	m.t.Helper()
	m.run("sh", "-ec", `mkdir -p /etc/systemd/system/docker-registry.service.d
		printf '[Service]\nUnsetEnvironment=REGISTRY_STORAGE_MAINTENANCE_READONLY\n' >/etc/systemd/system/docker-registry.service.d/test.conf
		systemctl daemon-reload`)
}
