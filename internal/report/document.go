// Package report turns values into what people and scripts read: text, one JSON
// document, metrics. It is the only user of go-humanize.
//
// Its invariant: every figure it prints is one that it was handed. It computes
// nothing about a registry and never touches a disk.
package report

import (
	"encoding/json"
	"errors"
	"io"
	"time"

	"regjanitor/internal/graph"
	"regjanitor/internal/inventory"
	"regjanitor/internal/plan"
	"regjanitor/internal/sweep"
)

// Schema names the JSON documents' version; changes within it only add.
const Schema = "regjanitor/1"

// Document is the JSON document of a command that removes, and of a saved plan.
// Every key is always there.
type Document struct {
	Header
	DryRun          bool            `json:"dry_run"`
	Found           Counts          `json:"found"`
	Planned         Counts          `json:"planned"`
	Removed         Counts          `json:"removed"`
	Trashed         Counts          `json:"trashed"`
	Restored        Counts          `json:"restored"`
	TrashID         string          `json:"trash_id"` // of what the run moved there
	FreeBytesBefore int64           `json:"free_bytes_before"`
	FreeBytesAfter  int64           `json:"free_bytes_after"`
	Repositories    []RepositoryRow `json:"repositories"`
	ByRule          []RuleRow       `json:"by_rule"` // what the policy did, where there is one
	Actions         []Action        `json:"actions"`
	Options         plan.Options    `json:"options"` // what the plan was made with

	ToTrash bool   `json:"-"` // what goes is moved to the trash
	Undo    string `json:"-"` // what names a run to the trash's commands
}

// Header is what the documents of all commands begin with.
type Header struct {
	Schema          string    `json:"schema"`
	Command         string    `json:"command"`
	Version         string    `json:"version"`
	Root            string    `json:"root"`
	RootSource      string    `json:"root_source"`
	Started         time.Time `json:"started"`
	DurationSeconds float64   `json:"duration_seconds"`
	ExitCode        int       `json:"exit_code"`
	Doubts          []Doubt   `json:"doubts"`
	Failures        []Failure `json:"failures"`
	Refused         *Problem  `json:"refused"`
	Error           *Problem  `json:"error"`
	Warnings        []Warning `json:"warnings"`
}

// View is the document of a command that only looks.
type View interface{ Begin(with Header) }

// Begin fills in what all documents begin with.
func (h *Header) Begin(with Header) { *h = with }

// Counts are plan.Totals under the contract's names.
type Counts struct {
	Repositories    int64 `json:"repositories"`
	Tags            int64 `json:"tags"`
	Revisions       int64 `json:"revisions"`
	TagIndexEntries int64 `json:"tag_index_entries"`
	LayerLinks      int64 `json:"layer_links"`
	Blobs           int64 `json:"blobs"`
	Uploads         int64 `json:"uploads"`
	Leftovers       int64 `json:"leftovers"`
	Directories     int64 `json:"directories"`
	Bytes           int64 `json:"bytes"`
	DiskBytes       int64 `json:"disk_bytes"`
}

// RepositoryRow is what a run means for one repository; the row without a name
// is for what several shared and what was nobody's.
type RepositoryRow struct {
	Name             string `json:"name"`
	Tags             int64  `json:"tags"`
	Revisions        int64  `json:"revisions"`
	RemovedRevisions int64  `json:"removed_revisions"`
	ReclaimedBytes   int64  `json:"reclaimed_bytes"`
	PlannedRevisions int64  `json:"planned_revisions"`
	PlannedBytes     int64  `json:"planned_bytes"`
}

// Action is one removal. Modified, Size and Inode are those of the file that goes
// when it was seen, null where it was not looked at: a saved plan is carried out
// only while they are the same.
type Action struct {
	Op         string     `json:"op"`
	Kind       string     `json:"kind"`
	Path       string     `json:"path"`
	Repository string     `json:"repository"`
	Tag        string     `json:"tag"`
	Digest     string     `json:"digest"`
	Reason     string     `json:"reason"`
	Bytes      int64      `json:"bytes"`
	Status     string     `json:"status"`
	Error      *string    `json:"error"`
	Modified   *time.Time `json:"modified"`
	Size       *int64     `json:"size"`
	Inode      *uint64    `json:"inode"`
}

// Doubt is something that was kept because it could not be understood.
type Doubt struct {
	Code       string `json:"code"`
	Repository string `json:"repository"`
	Path       string `json:"path"`
	Problem    string `json:"problem"`
	Hint       string `json:"hint"`
}

// Failure is something that should have gone and did not.
type Failure struct {
	Code  string `json:"code"`
	Path  string `json:"path"`
	Error string `json:"error"`
}

// Warning is something odd that changes nothing.
type Warning struct {
	Code    string `json:"code"`
	Path    string `json:"path"`
	Message string `json:"message"`
}

// Problem is why a run did not start, or stopped.
type Problem struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint"`
	Excerpt string `json:"-"` // of a file that is at fault, for a terminal
}

// NewDocument is a document of which nothing is known yet.
func NewDocument(dryRun bool) *Document {
	return &Document{DryRun: dryRun, Repositories: []RepositoryRow{}, ByRule: []RuleRow{}, Actions: []Action{}}
}

// CountsOf are a plan's totals under the contract's names.
func CountsOf(t plan.Totals) Counts { return Counts(t) }

// DoubtsOf are the doubts of a plan, never nil.
func DoubtsOf(doubts []graph.Doubt) []Doubt {
	out := make([]Doubt, len(doubts))
	for i, d := range doubts {
		out[i] = Doubt{d.Code, d.Repository, d.Path, d.Problem, d.Hint}
	}
	return out
}

// WarningsOf are the warnings of a plan, never nil.
func WarningsOf(warnings []graph.Doubt) []Warning {
	out := make([]Warning, len(warnings))
	for i, w := range warnings {
		out[i] = Warning{w.Code, w.Path, w.Problem}
	}
	return out
}

// FailuresOf are the failures of a sweep, never nil; result may be.
func FailuresOf(result *sweep.Result) []Failure {
	if result == nil {
		return []Failure{}
	}
	out := make([]Failure, len(result.Failures))
	for i, f := range result.Failures {
		out[i] = Failure{f.Code, f.Path, f.Err.Error()}
	}
	return out
}

// ActionsOf spells a plan's actions out, with what became of them; result may
// be nil.
func ActionsOf(p *plan.Plan, result *sweep.Result) []Action {
	out := make([]Action, len(p.Actions))
	for i, a := range p.Actions {
		item := p.Item(a)
		out[i] = Action{
			Op: "delete", Kind: item.Kind.String(), Path: item.Path, Repository: item.Repository,
			Tag: item.Tag, Digest: item.Digest.String(), Reason: item.Reason.String(), Bytes: item.Bytes,
			Status: sweep.Planned.String(),
		}
		out[i].seal(item.Stamp)
		if result != nil {
			out[i].Status = result.Statuses[i].String()
		}
	}
	if result != nil {
		for _, f := range result.Failures {
			message := f.Err.Error()
			out[f.Action].Error = &message
		}
	}
	return out
}

// seal writes down which file an action is about.
func (a *Action) seal(stamp inventory.Stamp) {
	if stamp == (inventory.Stamp{}) {
		return
	}
	modified := time.Unix(0, stamp.MTime).UTC()
	a.Modified, a.Size, a.Inode = &modified, &stamp.Size, &stamp.Inode
}

func (a *Action) stamp() (stamp inventory.Stamp) {
	if a.Modified != nil && a.Size != nil && a.Inode != nil {
		stamp = inventory.Stamp{Inode: *a.Inode, Size: *a.Size, MTime: a.Modified.UnixNano()}
	}
	return stamp
}

// ReadPlan reads a saved plan.
func ReadPlan(data []byte) (*Document, []plan.Saved, error) {
	var doc Document
	if err := json.Unmarshal(data, &doc); err != nil {
		return nil, nil, err
	}
	if doc.Schema != Schema || doc.Actions == nil || !doc.DryRun {
		return nil, nil, errors.New("it is not a plan that was saved with -o")
	}
	var saved []plan.Saved
	for _, a := range doc.Actions {
		if a.Op != "delete" || a.Path == "" {
			return nil, nil, errors.New("an action in it is not a removal")
		}
		saved = append(saved, plan.Saved{Kind: a.Kind, Path: a.Path, Stamp: a.stamp()})
	}
	return &doc, saved, nil
}

// Write writes a document as indented JSON.
func Write(w io.Writer, document any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(document)
}
