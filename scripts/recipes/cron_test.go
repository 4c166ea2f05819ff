package recipes

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const metricsVariable = "REGJANITOR_METRICS_FILE"

// TestCron: the line of /etc/cron.d, as cron runs it, beside a systemctl that
// knows one unit.
func TestCron(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		code    int
		prepare func(p process, w *window)
		mails   string // nothing, or what it says
		metrics string
		swept   bool
	}{
		"a sweep": {0, func(process, *window) {}, "", "last_run_exit_code{LABELS} 0", true},
		"doubt":   {3, func(p process, _ *window) { p.damage() }, "damaged", "last_run_doubts{LABELS} 1", true},
		"refusal": {5, func(p process, w *window) { w.setenv("REGJANITOR_MAX_DELETE=1%") }, "refused", "last_run_exit_code{LABELS} 5", false},
		"error":   {1, func(p process, w *window) { w.replaceJanitor("echo stopped >&2; exit 1") }, "stopped", "", false},
		"killed":  {137, func(p process, w *window) { w.replaceJanitor("kill -9 $$") }, "killed by signal 9", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := startProcess(t, programs.registry3)
			w, metrics := p.cron()
			c.prepare(p, w)
			o := w.run()
			o.requireExit(c.code)
			if mail := o.stdout + o.stderr; (mail == "") != (c.mails == "") || !strings.Contains(mail, c.mails) {
				t.Errorf("cron mails %q", mail)
			}
			p.requireSwept(c.swept)
			p.requireServing()
			written, _ := os.ReadFile(metrics)
			if want := strings.Replace(c.metrics, "LABELS", `root="`+p.v2()+`",command="sweep"`, 1); !strings.Contains(string(written), want) {
				t.Errorf("the metrics lack %s:\n%s", want, written)
			}
		})
	}
}

// TestCronBesideAStoppedRegistry leaves it stopped, and is silent.
func TestCronBesideAStoppedRegistry(t *testing.T) {
	t.Parallel()
	p := startProcess(t, programs.registry3)
	command(t, "sh", "-c", p.stop)
	w, _ := p.cron()
	o := w.run()
	o.requireExit(0)
	if o.stdout+o.stderr != "" {
		t.Errorf("cron mails %q", o.stdout+o.stderr)
	}
	p.requireSwept(true)
	if p.answers() {
		t.Error("the registry has been started")
	}
}

// TestCronTakenDown: what stops cron's job stops the sweep first.
func TestCronTakenDown(t *testing.T) {
	t.Parallel()
	p := startProcess(t, programs.registry3)
	w, _ := p.cron()
	defer w.startAndHold()()
	w.kill(-w.cmd.Process.Pid, syscall.SIGTERM)
	w.awaitKeeper()
	p.requireSwept(false)
	p.requireServing()
}

// cron is the job of the file, read as cron does.
func (p process) cron() (w *window, metrics string) {
	p.t.Helper()
	w = p.window("--help") // for its folder with the script
	data, err := os.ReadFile("../cron/regjanitor")
	if err != nil {
		p.t.Fatal(err)
	}
	var line string
	env := map[string]string{}
	for text := range strings.Lines(string(data)) {
		text = strings.TrimSpace(text)
		if name, value, ok := strings.Cut(text, "="); ok && !strings.ContainsAny(name, " #") {
			env[name] = value
		} else if text != "" && text[0] != '#' {
			line = text
		}
	}
	fields := strings.Fields(line)
	if len(fields) < 7 || strings.Join(fields[:6], " ") != "0 4 * * 0 root" || strings.Contains(line, "%") {
		p.t.Fatalf("cron would not understand %q", line)
	}
	if filepath.Ext(env[metricsVariable]) != ".prom" || !strings.HasPrefix(env["PATH"], "/usr/local/sbin:") {
		p.t.Errorf("the job's environment is %v", env)
	}
	metrics = filepath.Join(w.dir, "regjanitor.prom")
	_, job, _ := strings.Cut(line, "root")
	cmd := exec.Command("sh", "-c", job)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	w.command(cmd)
	w.setenv("PATH=" + w.dir + ":" + programs.bin + ":" + env["PATH"])
	w.setenv(metricsVariable + "=" + metrics)
	w.redirect()
	write(p.t, filepath.Join(w.dir, "systemctl"), `#!/bin/sh
[ "$2" = docker-registry ] || [ "$3" = docker-registry ] || exit 4
case $1 in
is-active) [ -e `+p.pidFile+` ] && echo active || { echo inactive; exit 3; } ;;
stop) `+p.stop+` ;;
start) `+p.start+` ;;
esac
`, 0o755)
	return w, metrics
}

// redirect leads curl from the registry's usual address to this one's.
func (w *window) redirect() {
	w.t.Helper()
	write(w.t, filepath.Join(w.dir, ".curlrc"), `connect-to = "127.0.0.1:5000:`+w.host+"\"\n", 0o644)
}

func (w *window) setenv(pair string) { w.cmd.Env = append(w.cmd.Env, pair) }

// replaceJanitor has sh do this instead.
func (w *window) replaceJanitor(script string) {
	w.t.Helper()
	write(w.t, filepath.Join(w.dir, "regjanitor"), "#!/bin/sh\n"+script+"\n", 0o755)
}
