package report

import (
	"fmt"

	"regjanitor/internal/plan"
)

// Preview says which things globs came to: the first of them, or all.
func Preview(v Voice, named []plan.Request, all bool) {
	const most = 20
	shown := named
	if !all {
		shown = named[:min(most, len(named))]
	}
	v.Note(fmt.Sprintf("to remove, with what only they keep (%s):", Some(int64(len(named)), "name")))
	for _, request := range shown {
		what := "  " + request.String()
		if request.Tag == "" && request.Digest == "" {
			what += " (the whole repository)"
		}
		v.Note(what)
	}
	if more := len(named) - len(shown); more > 0 {
		v.Note(fmt.Sprintf("  … and %s more, which -v shows", Count(int64(more))))
	}
}
