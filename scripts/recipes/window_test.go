package recipes

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestStoppedWindow(t *testing.T) {
	eachDistribution(t, func(t *testing.T, program string) {
		p := startProcess(t, program)
		before := p.pid()
		o := p.window("--close", p.stop, "--open", p.start).run()
		o.requireExit(0)
		if o.stderr != "" || !strings.HasPrefix(o.stdout, "sweep reclaimed ") {
			t.Errorf("it has more to say than the sweep's last line: %q, %q", o.stdout, o.stderr)
		}
		p.requireSwept(true)
		if p.pid() == before {
			t.Error("the registry was not stopped")
		}
		p.requireServing()
	})
}

// TestWhateverTheSweepSays: its exit code is the window's, and the registry is
// back.
func TestWhateverTheSweepSays(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		code int
		args []string // for the janitor
		said string
	}{
		"error":    {1, []string{"sweep", "-q", "--yes"}, ""},
		"usage":    {2, []string{"sweep", "--no-such-flag"}, "exit 2"},
		"doubt":    {3, []string{"sweep", "-q", "--yes"}, "damaged"},
		"refusal":  {5, []string{"sweep", "-q"}, "exit 5"},                         // nobody agrees
		"deadline": {7, []string{"sweep", "-q", "--yes", "--deadline", "1ns"}, ""}, // nobody is needed,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := startProcess(t, programs.registry3)
			args := []string{"--close", p.stop, "--open", p.start}
			switch c.code {
			case 1: // no error that a rerun would cure can be had at will
				args = append(args, "--janitor", "sh -c 'exit 1'")
			case 3:
				p.damage()
			}
			o := p.window(append(append(args, "--"), c.args...)...).run()
			o.requireExit(c.code)
			o.requireSaid(c.said)
			p.requireSwept(c.code == 3)
			p.requireServing()
		})
	}
}

// TestKilledSweep: the kernel's out-of-memory killer takes the largest first.
func TestKilledSweep(t *testing.T) {
	eachDistribution(t, func(t *testing.T, program string) {
		p := startProcess(t, program)
		w := p.window("--close", p.stop, "--open", p.start)
		defer w.startAndHold()()
		w.kill(p.sweep(), syscall.SIGKILL)
		w.wait().requireExit(137)
		p.requireServing()
	})
}

// TestSignals: the sweep hears of one and ends; not before that the registry
// comes back.
func TestSignals(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP} {
		for _, mode := range []string{"stop", "read-only"} {
			t.Run(signal.String()+" "+mode, func(t *testing.T) {
				t.Parallel()
				p := startProcess(t, programs.registry3)
				args := []string{"--close", p.stop, "--open", p.start}
				if mode == "read-only" {
					args = []string{"--read-only", "--close", p.stop + "; " + p.startReadOnly, "--open", p.stop + "; " + p.start}
				}
				w := p.window(args...)
				defer w.startAndHold()()
				w.kill(w.cmd.Process.Pid, signal)
				w.wait().requireExit(130)
				p.requireSwept(false)
				p.requireServing()
			})
		}
	}
}

// TestSignalBeforeTheSweep: one that comes while the registry is being stopped
// has no sweep begin.
func TestSignalBeforeTheSweep(t *testing.T) {
	t.Parallel()
	p := startProcess(t, programs.registry3)
	stopping := filepath.Join(t.TempDir(), "stopping")
	w := p.window("--close", "touch "+stopping+"; sleep 1; "+p.stop, "--open", p.start)
	w.begin()
	await(t, "the registry is being stopped", func() bool { _, err := os.Stat(stopping); return err == nil })
	w.kill(w.cmd.Process.Pid, syscall.SIGTERM)
	w.wait().requireExit(130)
	p.requireSwept(false)
	p.requireServing()
}

// TestKilledWindow: killed itself, with a sweep at work, the window leaves behind
// somebody who waits for the sweep, and for nothing else.
func TestKilledWindow(t *testing.T) {
	eachDistribution(t, func(t *testing.T, program string) {
		p := startProcess(t, program)
		w := p.window("--close", p.stop, "--open", p.start)
		release := w.startAndHold()
		w.kill(w.cmd.Process.Pid, syscall.SIGKILL)
		w.wait().requireExit(-1)
		time.Sleep(500 * time.Millisecond) // enough for who does not wait
		if _, err := os.Stat(p.pidFile); err == nil || p.sweep() == 0 {
			t.Errorf("the registry has been started: %v; sweep %d goes on", err == nil, p.sweep())
		}
		release()
		w.awaitKeeper()
		p.requireSwept(true)
		p.requireServing()
	})
}

func TestStoppedStaysStopped(t *testing.T) {
	eachDistribution(t, func(t *testing.T, program string) {
		for _, mode := range [][]string{nil, {"--read-only"}} {
			p := startProcess(t, program)
			command(t, "sh", "-c", p.stop)
			p.window(append(mode, "--close", p.stop, "--open", p.start)...).run().requireExit(0)
			p.requireSwept(true)
			if p.answers() {
				t.Error("a registry that was stopped has been started")
			}
		}
	})
}

// TestNotBack has an exit code of its own, whatever the sweep's was.
func TestNotBack(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(p process) []string{
		"it cannot be started": func(p process) []string { return []string{"--close", p.stop, "--open", "false"} },
		"it does not answer":   func(p process) []string { return []string{"--close", p.stop, "--open", "true"} },
		"it is still read-only": func(p process) []string {
			return []string{"--read-only", "--close", p.stop + "; " + p.startReadOnly, "--open", "true"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := startProcess(t, programs.registry3)
			o := p.window(append([]string{"--patience", "4"}, open(p)...)...).run()
			o.requireExit(10)
			o.requireSaid("the registry is not back after 4 seconds: start it by hand")
			p.requireSwept(true)
		})
	}
}

// TestSlowStart: a registry that cannot be started at once is tried again.
func TestSlowStart(t *testing.T) {
	t.Parallel()
	p := startProcess(t, programs.registry3)
	tried := filepath.Join(t.TempDir(), "tried")
	p.window("--close", p.stop, "--open", "[ -e "+tried+" ] || { touch "+tried+"; exit 1; }; "+p.start).run().requireExit(0)
	p.requireServing()
}

// TestOneWindowAtATime: the second would find a registry that is stopped, and
// sweep on when the first one starts it.
func TestOneWindowAtATime(t *testing.T) {
	t.Parallel()
	p := startProcess(t, programs.registry3)
	w := p.window("--close", p.stop, "--open", p.start)
	release := w.startAndHold()
	second := p.window("--close", p.stop, "--open", p.start)
	second.cmd.Path = w.cmd.Path
	o := second.run()
	o.requireExit(5)
	o.requireSaid("another maintenance window is open")
	release()
	w.wait().requireExit(0)
	p.requireServing()
}

// TestMistakes are found before anything is stopped.
func TestMistakes(t *testing.T) {
	t.Parallel()
	p := startProcess(t, programs.registry3)
	before := p.pid()
	good := []string{"--close", p.stop, "--open", p.start}
	for _, c := range []struct {
		code int
		said string
		args []string
	}{
		{2, "give one of", nil},
		{2, "give one of", []string{"--close", p.stop}},
		{2, "give one of", append([]string{"--unit", "registry"}, good...)},
		{2, "give one of", []string{"--unit", "registry", "--container", "registry"}},
		{2, "environment cannot be changed", []string{"--container", "registry", "--read-only"}},
		{2, "--frobnicate", append([]string{"--frobnicate", "1"}, good...)},
		{2, "lacks its value", []string{"--unit"}},
		{2, "seconds, not 1m", append([]string{"--patience", "1m"}, good...)},
		{2, "no-such-program is not installed", append([]string{"--janitor", "no-such-program -x"}, good...)},
	} {
		o := p.window(c.args...).run()
		o.requireExit(c.code)
		o.requireSaid(c.said)
	}
	if o := p.window("--help").run(); o.code != 0 || !strings.Contains(o.stdout, "Examples:") {
		t.Errorf("--help exits %d and says %q", o.code, o.stdout)
	}
	if p.pid() != before {
		t.Error("the registry was stopped in vain")
	}
	p.requireSwept(false)
}
