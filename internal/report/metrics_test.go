package report

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

// exposition is a line of Prometheus's text format, as far as gauges need it.
var exposition = regexp.MustCompile(`^(# (HELP|TYPE) regjanitor_[a-z_]+ \S.*|regjanitor_[a-z_]+\{[a-z]+="([^"\\]|\\["\\n])*"(,[a-z]+="([^"\\]|\\["\\n])*")*\} -?[0-9.]+)$`)

func TestMetrics(t *testing.T) {
	text := string(Metrics(swept(), nil, time.Unix(1800000000, 0)))
	for _, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		if !exposition.MatchString(line) {
			t.Errorf("not in Prometheus's format: %q", line)
		}
	}
	const labels = `{root="/srv/r\"\\\n/docker/registry/v2",command="sweep"`
	for _, want := range []string{
		"last_run_timestamp_seconds" + labels + "} 1800000000",
		"last_success_timestamp_seconds" + labels + "} 1800000000",
		"last_run_duration_seconds" + labels + "} 75.3",
		"last_run_exit_code" + labels + "} 3",
		"last_run_dry_run" + labels + "} 0",
		"last_run_reclaimed_bytes" + labels + "} 1073741824",
		"last_run_removed" + labels + `,kind="blob"} 3`,
		"last_run_failures" + labels + "} 1",
		"last_run_doubts" + labels + "} 2",
		"store_bytes" + labels + "} 3221225472",
		"store_reclaimable_bytes" + labels + "} 1073741824",
		"build_info" + labels + `,version="1.2"} 1`,
	} {
		if !strings.Contains(text, "\nregjanitor_"+want+"\n") {
			t.Errorf("%s is not in\n%s", want, text)
		}
	}
	if n := strings.Count(text, "# TYPE regjanitor_last_run_removed "); n != 1 {
		t.Errorf("a type is declared %d times", n)
	}
}

func TestMetricsCarryTheLastSuccessOver(t *testing.T) {
	then, now := time.Unix(1700000000, 0), time.Unix(1800000000, 0)
	success := func(text []byte) string {
		return string(regexp.MustCompile(`(?m)^regjanitor_last_success_timestamp_seconds\{.*\} (.*)$`).Find(text))
	}
	ended := func(code int, previous []byte, change func(*Document)) string {
		d := swept()
		d.ExitCode = code
		if change != nil {
			change(d)
		}
		return success(Metrics(d, previous, now))
	}
	old := Metrics(swept(), nil, then)
	for code, want := range map[int]string{0: "1800000000", 3: "1800000000", 7: "1800000000",
		1: "1700000000", 2: "1700000000", 4: "1700000000", 5: "1700000000", 6: "1700000000", 130: "1700000000"} {
		if got := ended(code, old, nil); !strings.HasSuffix(got, "} "+want) {
			t.Errorf("after exit %d the last success is %q, want %s", code, got, want)
		}
	}
	for what, previous := range map[string][]byte{"no file": nil, "garbage": []byte("\xff{\n"), "half a line": old[:len(old)/20]} {
		if got := ended(5, previous, nil); got != "" {
			t.Errorf("with %s there is a success: %q", what, got)
		}
	}
	if got := ended(5, old, func(d *Document) { d.Root = "/other" }); got != "" {
		t.Errorf("another tree's success is carried over: %q", got)
	}
}

func TestMetricsOfARefusedRunSayNothingOfTheStore(t *testing.T) {
	d := NewDocument(false)
	d.ExitCode, d.Refused = 5, &Problem{Code: "locked"}
	if text := string(Metrics(d, nil, time.Unix(0, 0))); strings.Contains(text, "store_") {
		t.Errorf("nobody has looked at the store, and its size is told:\n%s", text)
	}
}

func TestMetricsOfAVerifyEndedEarlySayNothingOfWhatItDidNotFind(t *testing.T) {
	v := NewVerification()
	v.Looked, v.Damage = true, []Damage{{Code: "missing"}}
	text := string(v.Metrics(nil, time.Unix(0, 0)))
	if !strings.Contains(text, `kind="missing"} 1`) || strings.Contains(text, `kind="corrupt"`) {
		t.Errorf("ended early:\n%s", text)
	}
	v.Complete = true
	if text := string(v.Metrics(nil, time.Unix(0, 0))); !strings.Contains(text, `kind="corrupt"} 0`) {
		t.Errorf("at its end:\n%s", text)
	}
}
