package trash

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/opencontainers/go-digest"

	"regjanitor/internal/plan"
	"regjanitor/internal/store"
)

// Schema names the journal's version.
const Schema = "regjanitor-trash/1"

// Header is the journal's first line.
type Header struct {
	Schema  string    `json:"schema"`
	ID      string    `json:"id"`
	Command string    `json:"command"`
	Started time.Time `json:"started"`
	Entries int       `json:"entries"` // that follow, one a line
}

// Entry is one thing that goes, in the order of removal. Paths are relative to
// the v2 directory.
type Entry struct {
	// Stage: those of one stage do not refer to each other, and nothing refers to
	// those of an earlier one.
	Stage      int
	Kind       plan.Kind
	Path       string // what is moved, or the directory that is removed
	Repository string
	Tag        string
	Digest     digest.Digest // of a tag: what it points to, if anything
	Bytes      int64
	Disk       int64
	History    int // entries of a tag's
	// Owner is that of the directory that goes: the thing itself, if it is a
	// directory, else the one that it lies in.
	Owner store.Owner
	// Beside names what lies beside it and goes with it, before it.
	Beside string
	// Needs are files without which the thing would dangle. None: it did already.
	Needs []string
	// Lacking is what a pull of the tag did not find when it went.
	Lacking []digest.Digest
}

// IsDirectory tells an empty directory, which is removed and made again.
func (e Entry) IsDirectory() bool { return e.Kind == plan.Directory || e.Kind == plan.Repository }

// count counts an entry as the plan does that it comes from.
func (e Entry) count(t *plan.Totals) {
	t.Add(e.Kind, e.Bytes, e.Disk)
	t.TagIndexEntries += int64(e.History)
}

// Entries are a journal's entries, in order, and how many there are.
type Entries struct {
	Len int
	All iter.Seq2[Entry, error]
}

// line is an Entry as it is written. Names are bytes, which JSON strings are not.
type line struct {
	Stage      int             `json:"stage"`
	Kind       string          `json:"kind"`
	Path       name            `json:"path"`
	Repository name            `json:"repository,omitzero"`
	Tag        name            `json:"tag,omitzero"`
	Digest     digest.Digest   `json:"digest,omitempty"`
	Bytes      int64           `json:"bytes,omitempty"`
	Disk       int64           `json:"disk_bytes,omitempty"`
	History    int             `json:"history,omitempty"`
	UID        uint32          `json:"uid"`
	GID        uint32          `json:"gid"`
	Mode       uint32          `json:"mode"`
	Beside     name            `json:"beside,omitzero"`
	Needs      []name          `json:"needs,omitempty"`
	Lacking    []digest.Digest `json:"lacking,omitempty"`
}

// kinds are the contract's words, which have one for two kinds.
var kinds = func() []string {
	words := slices.Clone(plan.KindNames[:])
	words[plan.Discarded] = "discarded"
	return words
}()

// name is a JSON string, or an object with the bytes where they are not UTF-8.
type name string

type rawName struct {
	Bytes []byte `json:"bytes"`
}

// MarshalJSON loses no byte.
func (n name) MarshalJSON() ([]byte, error) {
	if utf8.ValidString(string(n)) {
		return json.Marshal(string(n))
	}
	return json.Marshal(rawName{[]byte(n)})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (n *name) UnmarshalJSON(data []byte) error {
	if bytes.HasPrefix(data, []byte("{")) {
		var raw rawName
		err := json.Unmarshal(data, &raw)
		*n = name(raw.Bytes)
		return err
	}
	var text string
	err := json.Unmarshal(data, &text)
	*n = name(text)
	return err
}

func convert[To, From ~string](from []From) (to []To) {
	for _, s := range from {
		to = append(to, To(s))
	}
	return to
}

// writeJournal tells how many entries it has written.
func writeJournal(dir store.Dir, owner store.Owner, header Header, entries Entries) (int, error) {
	owner.Mode = 0o600
	file, err := dir.Create(unfinished, owner)
	if err != nil {
		return 0, err
	}
	err = encode(file, header, entries)
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	return entries.Len, err
}

func encode(w io.Writer, header Header, entries Entries) error {
	header.Schema, header.Entries = Schema, entries.Len
	out := bufio.NewWriterSize(w, 1<<16)
	enc := json.NewEncoder(out)
	if err := enc.Encode(header); err != nil {
		return err
	}
	for e, err := range entries.All {
		if err != nil {
			return err
		}
		err = enc.Encode(line{e.Stage, kinds[e.Kind], name(e.Path), name(e.Repository), name(e.Tag), e.Digest, e.Bytes, e.Disk, e.History,
			e.Owner.UID, e.Owner.GID, e.Owner.Mode, name(e.Beside), convert[name](e.Needs), e.Lacking})
		if err != nil {
			return err
		}
	}
	return out.Flush()
}

var errJournal = errors.New("is no journal of this version of regjanitor")

// decode reads a journal, and believes nothing that encode would not write: a
// journal says where files go, with root's rights.
func decode(data []byte) (Header, []Entry, error) {
	var header Header
	dec := json.NewDecoder(bytes.NewReader(data))
	if err := dec.Decode(&header); err != nil || header.Schema != Schema {
		return Header{}, nil, errJournal
	}
	var entries []Entry
	for {
		var l line
		err := dec.Decode(&l)
		if err == io.EOF {
			break
		}
		if err != nil {
			return Header{}, nil, fmt.Errorf("entry %d: %w", len(entries), err)
		}
		kind := slices.Index(kinds, l.Kind)
		if kind < 0 {
			return Header{}, nil, fmt.Errorf("entry %d: %w: %q is no kind", len(entries), errJournal, l.Kind)
		}
		e := Entry{l.Stage, plan.Kind(kind), string(l.Path), string(l.Repository), string(l.Tag), l.Digest, l.Bytes, l.Disk, l.History,
			store.Owner{UID: l.UID, GID: l.GID, Mode: l.Mode}, string(l.Beside), convert[string](l.Needs), l.Lacking}
		if err := e.check(entries); err != nil {
			return Header{}, nil, fmt.Errorf("entry %d: %w", len(entries), err)
		}
		entries = append(entries, e)
	}
	if len(entries) != header.Entries {
		return Header{}, nil, fmt.Errorf("%w: %d entries, not %d", errJournal, len(entries), header.Entries)
	}
	return header, entries, nil
}
