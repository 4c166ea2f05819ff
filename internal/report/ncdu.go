package report

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"

	"regjanitor/internal/inventory"
	"regjanitor/internal/usage"
)

// Ncdu writes a tree in the format that ncdu exports and imports, of which
// https://dev.yorhel.nl/ncdu/jsonfmt tells. A blob that is needed in several places
// is a hard link there, which ncdu counts once in whatever directory it looks at.
func Ncdu(w io.Writer, h *Header, inv *inventory.Inventory, chosen func(repository string) bool) error {
	n := &ncdu{bufio.NewWriter(w)}
	fmt.Fprintf(n.w, `[1,2,{"progname":"regjanitor","progver":%q,"timestamp":%d},`+"\n[", h.Version, h.Started.Unix())
	n.entry(ncduEntry{Name: printable(h.Root)})
	usage.Browse(inv, chosen, n)
	n.w.WriteString("]]\n")
	return n.w.Flush() // which tells of all writes
}

// ncdu is a visitor that writes what it sees.
type ncdu struct{ w *bufio.Writer }

// ncduEntry is a file or a directory in the words of the format.
type ncduEntry struct {
	Name  string `json:"name"`
	Bytes int64  `json:"asize,omitempty"`
	Disk  int64  `json:"dsize,omitempty"`
	Inode uint64 `json:"ino,omitempty"`
	Link  bool   `json:"hlnkc,omitempty"`
	Names uint32 `json:"nlink,omitempty"`
	MTime int64  `json:"mtime,omitempty"`
}

func (n *ncdu) entry(e ncduEntry) {
	data, _ := json.Marshal(e) // strings and numbers always marshal
	n.w.Write(data)
}

// Enter begins a directory.
func (n *ncdu) Enter(f usage.Folder) {
	e := ncduEntry{Name: printable(f.Name)}
	switch f.Kind {
	case usage.Repository, usage.Manifest:
	case usage.Tag:
		e.Name = ":" + e.Name // a repository below may have the same name
	default:
		e.Name = "(" + ncduNames[f.Kind] + ")"
	}
	if !f.Pushed.IsZero() {
		e.MTime = f.Pushed.Unix()
	}
	n.w.WriteString(",\n[")
	n.entry(e)
}

// Leave ends a directory.
func (n *ncdu) Leave() { n.w.WriteString("]") }

// File writes a file.
func (n *ncdu) File(f usage.File) {
	e := ncduEntry{Bytes: f.Bytes, Disk: f.Disk}
	switch {
	case f.Digest != "":
		e.Name = f.Kind + " " + f.Digest.String()
	case f.Path != "":
		e.Name = printable(f.Path)
	default:
		e.Name = "(" + ncduNames[f.Kind] + ")"
	}
	if f.Names > 1 {
		e.Inode, e.Link, e.Names = f.Inode, true, f.Names
	}
	n.w.WriteString(",\n")
	n.entry(e)
}

var ncduNames = map[string]string{
	usage.Untagged: "untagged", usage.Unneeded: "unneeded layers", usage.Orphans: "orphan blobs",
	usage.Uploads: "unfinished uploads", usage.Leftovers: "leftover files", usage.Links: "links, directories",
	usage.Other: "nobody's files", usage.Others: "all else",
}
