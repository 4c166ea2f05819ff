package report

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Metrics writes a removing command's document in Prometheus's text format, for
// node_exporter's textfile collector. previous is the file that it replaces, or
// nothing: the time of the last success is carried over from it.
func Metrics(d *Document, previous []byte, now time.Time) []byte {
	var out bytes.Buffer
	labels := fmt.Sprintf(`root="%s",command="%s"`, escapeLabel(d.Root), d.Command)
	gauge := func(name, help string, value float64, more ...string) {
		full := "regjanitor_" + name
		if !strings.Contains(out.String(), "# TYPE "+full+" ") {
			fmt.Fprintf(&out, "# HELP %s %s\n# TYPE %s gauge\n", full, help, full)
		}
		all := strings.Join(append([]string{labels}, more...), ",")
		fmt.Fprintf(&out, "%s{%s} %s\n", full, all, strconv.FormatFloat(value, 'f', -1, 64))
	}
	gauge("last_run_timestamp_seconds", "When the last run ended.", float64(now.Unix()))
	if d.ExitCode == 0 || d.ExitCode == 3 || d.ExitCode == 7 {
		gauge("last_success_timestamp_seconds", "When the last run that did its work ended.", float64(now.Unix()))
	} else if was, ok := lastSuccess(previous, labels); ok {
		gauge("last_success_timestamp_seconds", "When the last run that did its work ended.", was)
	}
	gauge("last_run_duration_seconds", "How long the last run took.", d.DurationSeconds)
	gauge("last_run_exit_code", "How the last run ended.", float64(d.ExitCode))
	gauge("last_run_dry_run", "1 if the last run changed nothing on purpose.", flag(d.DryRun))
	gauge("last_run_reclaimed_bytes", "Disk space that the last run freed.", float64(d.Removed.DiskBytes))
	gauge("last_run_trashed_bytes", "Disk space of what the last run moved to the trash.", float64(d.Trashed.DiskBytes))
	for _, kind := range []struct {
		name string
		n    int64
	}{
		{"repository", d.Removed.Repositories}, {"tag", d.Removed.Tags}, {"revision", d.Removed.Revisions},
		{"tag_index_entry", d.Removed.TagIndexEntries}, {"layer_link", d.Removed.LayerLinks},
		{"blob", d.Removed.Blobs}, {"upload", d.Removed.Uploads}, {"leftover", d.Removed.Leftovers},
	} {
		gauge("last_run_removed", "What the last run removed.", float64(kind.n), `kind="`+kind.name+`"`)
	}
	gauge("last_run_failures", "What the last run could not remove.", float64(len(d.Failures)))
	gauge("last_run_doubts", "What the last run kept in doubt.", float64(len(d.Doubts)))
	if d.Found != (Counts{}) || d.Refused == nil && d.Error == nil && d.ExitCode != 7 { // else nobody has looked
		gauge("store_bytes", "Disk space of all blobs and uploads when the last run began.", float64(d.Found.DiskBytes))
		gauge("store_reclaimable_bytes", "Disk space of the garbage that the last run left.", float64(d.Planned.DiskBytes-d.Removed.DiskBytes-d.Trashed.DiskBytes))
	}
	gauge("build_info", "1, with the version that ran.", 1, `version="`+escapeLabel(d.Version)+`"`)
	return out.Bytes()
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
