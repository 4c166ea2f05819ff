package guard

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"

	"regjanitor/internal/store"
)

// look is one look at a host.
type look struct {
	host   store.Host
	tree   Tree
	mounts []mount   // our own
	booted time.Time // zero where it is unknown
}

// mostProc bounds what is read of one file of /proc: the arguments and the
// environment of a process together stay below 6 MiB (execve(2)).
const mostProc = 8 << 20

// Look looks for registries on a host, and for those on the tree among them. It
// never fails: what stops it from seeing is part of what it reports. It reads
// the arguments of every process, and more only of those that could be a
// registry.
func Look(host store.Host, tree Tree) Sighting {
	l := &look{host: host, tree: tree}
	if data, err := host.Read("/proc/self/mountinfo", mostProc); err == nil {
		l.mounts = parseMounts(data)
	}
	if booted, err := host.Booted(); err == nil {
		l.booted = booted
	}
	s := Sighting{Blind: l.blindness()}
	pids, err := host.Processes()
	if err != nil {
		s.Blind = append(s.Blind, "processes cannot be listed")
		return s
	}
	slices.Sort(pids)
	family, unreadable := l.family(), 0
	for _, pid := range pids {
		argv, err := l.arguments(pid)
		if errors.Is(err, fs.ErrNotExist) {
			continue // it has ended
		}
		if err != nil {
			unreadable++
			continue
		}
		who, ok := recognise(pid, argv)
		if !ok || who.collects && family[pid] {
			continue
		}
		if p, ok := l.examine(who); ok {
			s.Processes = append(s.Processes, p)
		}
	}
	if unreadable > 0 {
		s.Blind = append(s.Blind, fmt.Sprintf("the arguments of %d processes cannot be read", unreadable))
	}
	return s
}

// hostPIDs is the link of the first PID namespace, whose inode is fixed in the
// kernel (PROC_PID_INIT_INO) since Linux 3.8. All other namespaces are below
// it, so all processes of the machine are seen there, and only there.
const hostPIDs = "pid:[4026531836]"

// blindness says why there may be registries that cannot be seen.
func (l *look) blindness() []string {
	namespace, err := l.host.Link("/proc/self/ns/pid")
	if err != nil {
		return []string{"there is no Linux /proc to look for processes in"}
	}
	var blind []string
	if namespace != hostPIDs {
		blind = append(blind, "this process is in another PID namespace (a container's) than the host's processes")
	}
	if m, ok := mountOf(l.mounts, "/proc"); !ok || hidesProcesses(m.options) {
		// Who may look at the first process, root's, may look at all.
		if _, err := l.arguments(1); err != nil {
			blind = append(blind, "/proc is mounted with hidepid, so the processes of other users are hidden")
		}
	}
	if l.tree.Path != "" {
		if why := shared(l.mounts, l.tree.Path); why != "" {
			blind = append(blind, why)
		}
	}
	return blind
}

func hidesProcesses(options string) bool {
	for option := range strings.SplitSeq(options, ",") {
		if value, ok := strings.CutPrefix(option, "hidepid="); ok && value != "0" && value != "off" {
			return true
		}
	}
	return false
}

// arguments of a process; there are none where it is a kernel's thread or a
// zombie.
func (l *look) arguments(pid int) ([]string, error) { return l.strings(pid, "cmdline") }

// strings reads a file of zero-terminated strings.
func (l *look) strings(pid int, name string) ([]string, error) {
	data, err := l.host.Read(proc(pid, name), mostProc)
	if err != nil || len(data) == 0 {
		return nil, err
	}
	return strings.Split(strings.TrimSuffix(string(data), "\x00"), "\x00"), nil
}

func proc(pid int, name string) string { return "/proc/" + strconv.Itoa(pid) + "/" + name }

// family is this process with its parents. A parent that holds "garbage-collect
// CONFIG" (sudo, timeout, a script) has been told to run us; not so the first
// process of all, to which everybody falls whose own parent has ended.
func (l *look) family() map[int]bool {
	family := map[int]bool{}
	self, err := l.host.Link("/proc/self")
	if err != nil {
		return family
	}
	pid, err := strconv.Atoi(self) // 1, where we are all that a container runs
	for err == nil && !family[pid] {
		family[pid] = true
		if pid, err = strconv.Atoi(l.status(pid, statusParent)); pid <= 1 {
			break
		}
	}
	return family
}

// Fields of /proc/PID/stat that follow the command, which stands in brackets
// and may itself hold spaces and brackets (proc_pid_stat(5): fields 4 and 22).
const (
	statusParent  = 1
	statusStarted = 19
)

func (l *look) status(pid, field int) string {
	data, err := l.host.Read(proc(pid, "stat"), 1<<12)
	if err != nil {
		return ""
	}
	fields := strings.Fields(string(data[strings.LastIndexByte(string(data), ')')+1:]))
	if len(fields) <= field {
		return ""
	}
	return fields[field]
}

// started is when a process began, to a tick; ok is false where it is unknown.
func (l *look) started(pid int) (at time.Time, ok bool) {
	const tick = 10 * time.Millisecond // USER_HZ is 100 everywhere that matters
	ticks, err := strconv.ParseInt(l.status(pid, statusStarted), 10, 64)
	if err != nil || l.booted.IsZero() {
		return time.Time{}, false
	}
	// The start is rounded down. In the tick that makes up for it no registry
	// comes as far as to read its configuration.
	return l.booted.Add(time.Duration(ticks)*tick + tick), true
}
