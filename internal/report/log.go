package report

import (
	"fmt"

	"regjanitor/internal/plan"
	"regjanitor/internal/sweep"
	"regjanitor/internal/trash"
)

// Log writes a line for each removal, in the manner of burnettk's
// delete_docker_registry_image, or as one JSON object a line.
type Log struct {
	Voice
	Root string // what the paths of a plan are relative to
	All  bool   // layer links, history entries and directories too

	script *script // tells instead; nil for who is no script
}

// Entry tells what became of something in the trash, or would.
func (l *Log) Entry(words *TrashWords, e trash.Entry, dry bool, err error) {
	item := plan.Item{Kind: e.Kind, Path: e.Path, Bytes: e.Bytes, Disk: e.Disk}
	switch {
	case err != nil:
		l.line(levelError, item, words.failed, ": "+err.Error())
	case !l.shows(e.Kind):
	case dry:
		l.line(levelInfo, item, words.would, "")
	default:
		l.line(levelInfo, item, words.doing, "")
	}
}

// Would tells of an action that a dry run leaves undone.
func (l *Log) Would(item plan.Item) {
	switch {
	case l.script != nil:
		l.script.would(l, item)
	case l.shows(item.Kind):
		l.line(levelInfo, item, "DRY_RUN: would have deleted ", "")
	}
}

// Done tells what became of an action.
func (l *Log) Done(item plan.Item, status sweep.Status, err error) {
	switch {
	case l.script != nil:
		l.script.done(l, item, status)
	case status == sweep.Removed && l.shows(item.Kind):
		l.line(levelInfo, item, "Deleting ", "")
	case status == sweep.Trashed && l.shows(item.Kind):
		l.line(levelInfo, item, "Moving to the trash ", "")
	case status == sweep.Failed:
		l.line(levelError, item, "Could not delete ", ": "+err.Error())
	case status == sweep.Skipped && l.All:
		l.line(levelWarning, item, "Skipped ", ": "+err.Error())
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
	path, after := printable(l.Root+"/"+item.Path), printable(after)
	if l.JSON {
		l.object(level, verb+path+after, map[string]any{"kind": item.Kind.String(), "path": path, "bytes": item.Bytes})
		return
	}
	if !l.Voice.Script {
		verb = fmt.Sprintf("%8s  %s", Size(item.Disk), verb)
	}
	l.stamped(level, verb+path+after)
}
