package report

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"regjanitor/internal/plan"
	"regjanitor/internal/sweep"
)

// Log writes a line for each removal, in the manner of burnettk's
// delete_docker_registry_image, or as one JSON object a line.
type Log struct {
	W    io.Writer
	Root string // what the paths of a plan are relative to
	JSON bool
	All  bool // layer links, history entries and directories too
	Now  func() time.Time
}

// Would tells of an action that a dry run leaves undone.
func (l *Log) Would(item plan.Item) {
	if l.shows(item.Kind) {
		l.line("INFO", item, "DRY_RUN: would have deleted ", "")
	}
}

// Done tells what became of an action.
func (l *Log) Done(item plan.Item, status sweep.Status, err error) {
	switch {
	case status == sweep.Removed && l.shows(item.Kind):
		l.line("INFO", item, "Deleting ", "")
	case status == sweep.Failed:
		l.line("ERROR", item, "Could not delete ", ": "+err.Error())
	case status == sweep.Skipped && l.All:
		l.line("WARNING", item, "Skipped ", ": "+err.Error())
	}
}

func (l *Log) shows(kind plan.Kind) bool {
	switch kind {
	case plan.TagIndexEntry, plan.LayerLink, plan.Directory:
		return l.All
	}
	return true
}

func (l *Log) line(level string, item plan.Item, verb, after string) {
	now := l.Now()
	path := printable(l.Root + "/" + item.Path)
	if l.JSON {
		line, _ := json.Marshal(map[string]any{ // strings and a number always marshal
			"time": now.UTC().Format(time.RFC3339Nano), "level": level, "message": verb + path + after,
			"kind": item.Kind.String(), "path": path, "bytes": item.Bytes,
		})
		fmt.Fprintf(l.W, "%s\n", line)
		return
	}
	fmt.Fprintf(l.W, "%-8s [%s,%03d]  %8s  %s%s%s\n", level, now.Format("2006-01-02 15:04:05"),
		now.Nanosecond()/int(time.Millisecond), Size(item.Disk), verb, path, after)
}
