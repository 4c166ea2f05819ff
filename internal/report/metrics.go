package report

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"regjanitor/internal/verify"
)

// gauges is a file in Prometheus's text format, for node_exporter's textfile
// collector.
type gauges struct {
	out    bytes.Buffer
	labels string
}

// gaugesOf begins with what is said of every run. previous is the file that this
// one replaces, or nothing: the time of the last success is carried over from it.
func gaugesOf(h *Header, previous []byte, now time.Time) *gauges {
	g := &gauges{labels: fmt.Sprintf(`root="%s",command="%s"`, escapeLabel(h.Root), h.Command)}
	g.set("last_run_timestamp_seconds", "When the last run ended.", float64(now.Unix()))
	if h.ExitCode == 0 || h.ExitCode == 3 || h.ExitCode == 7 {
		g.set("last_success_timestamp_seconds", "When the last run that did its work ended.", float64(now.Unix()))
	} else if was, ok := lastSuccess(previous, g.labels); ok {
		g.set("last_success_timestamp_seconds", "When the last run that did its work ended.", was)
	}
	g.set("last_run_duration_seconds", "How long the last run took.", h.DurationSeconds)
	g.set("last_run_exit_code", "How the last run ended.", float64(h.ExitCode))
	return g
}

func (g *gauges) set(name, help string, value float64, more ...string) {
	full := "regjanitor_" + name
	if !strings.Contains(g.out.String(), "# TYPE "+full+" ") {
		fmt.Fprintf(&g.out, "# HELP %s %s\n# TYPE %s gauge\n", full, help, full)
	}
	all := strings.Join(append([]string{g.labels}, more...), ",")
	fmt.Fprintf(&g.out, "%s{%s} %s\n", full, all, strconv.FormatFloat(value, 'f', -1, 64))
}

// end is the file with the version that wrote it.
func (g *gauges) end(h *Header) []byte {
	g.set("build_info", "1, with the version that ran.", 1, `version="`+escapeLabel(h.Version)+`"`)
	return g.out.Bytes()
}

// Metrics are those of a command that removes.
func Metrics(d *Document, previous []byte, now time.Time) []byte {
	g := gaugesOf(&d.Header, previous, now)
	g.set("last_run_dry_run", "1 if the last run changed nothing on purpose.", flag(d.DryRun))
	g.set("last_run_reclaimed_bytes", "Disk space that the last run freed.", float64(d.Removed.DiskBytes))
	g.set("last_run_trashed_bytes", "Disk space of what the last run moved to the trash.", float64(d.Trashed.DiskBytes))
	for _, kind := range []struct {
		name string
		n    int64
	}{
		{"repository", d.Removed.Repositories}, {"tag", d.Removed.Tags}, {"revision", d.Removed.Revisions},
		{"tag_index_entry", d.Removed.TagIndexEntries}, {"layer_link", d.Removed.LayerLinks},
		{"blob", d.Removed.Blobs}, {"upload", d.Removed.Uploads}, {"leftover", d.Removed.Leftovers},
	} {
		g.set("last_run_removed", "What the last run removed.", float64(kind.n), `kind="`+kind.name+`"`)
	}
	g.set("last_run_failures", "What the last run could not remove.", float64(len(d.Failures)))
	g.set("last_run_doubts", "What the last run kept in doubt.", float64(len(d.Doubts)))
	if d.Found != (Counts{}) || d.Refused == nil && d.Error == nil && d.ExitCode != 7 { // else nobody has looked
		g.set("store_bytes", "Disk space of all blobs and uploads when the last run began.", float64(d.Found.DiskBytes))
		g.set("store_reclaimable_bytes", "Disk space of the garbage that the last run left.", float64(d.Planned.DiskBytes-d.Removed.DiskBytes-d.Trashed.DiskBytes))
	}
	return g.end(&d.Header)
}

// Metrics are those of a verification. Where nobody has looked there is nothing
// to say of damage.
func (v *Verification) Metrics(previous []byte, now time.Time) []byte {
	g := gaugesOf(&v.Header, previous, now)
	g.set("last_run_doubts", "What the last run could not look at.", float64(len(v.Doubts)))
	if v.Looked {
		for _, code := range verify.Codes {
			if n := v.Count(code); n > 0 || v.Complete { // ended early, a run that found none tells nothing
				g.set("verify_damage", "What the last run found damaged.", float64(n), `kind="`+string(code)+`"`)
			}
		}
		g.set("verify_tags", "Tags that the last run checked.", float64(v.TagsChecked))
	}
	return g.end(&v.Header)
}

func lastSuccess(previous []byte, labels string) (float64, bool) {
	line := regexp.MustCompile(`(?m)^regjanitor_last_success_timestamp_seconds\{` + regexp.QuoteMeta(labels) + `\} (\S+)$`)
	match := line.FindSubmatch(previous)
	if match == nil {
		return 0, false
	}
	value, err := strconv.ParseFloat(string(match[1]), 64)
	return value, err == nil
}

func escapeLabel(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s)
}

func flag(on bool) float64 {
	if on {
		return 1
	}
	return 0
}
