package sweep_test

import (
	"slices"
	"strings"
	"syscall"

	"regjanitor/internal/layout"
	"regjanitor/internal/trash"
)

// excuses are the reasons for which a run that says nothing may end elsewhere
// than it would have without the fault.
var excuses = []struct {
	name  string
	holds func(o faultOutcome, differs []string) bool
}{
	// What is not there any more when its turn comes has been removed by a
	// registry, which is as good. A disk that says so of what is there lies.
	{"vanished while changing", func(o faultOutcome, _ []string) bool { return o.fault.err == syscall.ENOENT && o.late }},
	// A registry purges uploads even in read-only mode.
	{"vanished upload", func(o faultOutcome, _ []string) bool {
		return o.fault.err == syscall.ENOENT && strings.Contains(o.fault.path, "/"+layout.Uploads+"/")
	}},
	// A trash that is not there is empty, and nothing is done.
	{"no trash", func(o faultOutcome, _ []string) bool {
		return o.fault.err == syscall.ENOENT && o.fault.path == trash.Dir && o.tree.Equal(o.before)
	}},
	// A file that was cut short looks as one that was damaged long before, which
	// rm is there to get rid of. What it does not name is left for a sweep.
	{"cut short before rm", func(o faultOutcome, differs []string) bool {
		return o.fault.tear != nil && o.fault.tear.cut && strings.HasPrefix(o.kind, "rm ") && len(o.lost()) == 0
	}},
	// The links of what goes as a whole need not be read: the journal knows less
	// of it. Whether all can be brought back is looked at nevertheless.
	{"poorer journal", func(o faultOutcome, differs []string) bool {
		return o.bin && !slices.ContainsFunc(differs, func(line string) bool { return !strings.HasPrefix(line[1:], trash.Dir) })
	}},
}

func (o faultOutcome) excuse(differs []string) string {
	for _, e := range excuses {
		if e.holds(o, differs) {
			return e.name
		}
	}
	return ""
}
