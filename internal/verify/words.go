package verify

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"regjanitor/internal/graph"
	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
)

// What heals damage. A registry never overwrites a blob's data that is there.
const (
	pushAgain  = "push the image again, or take what is missing from another tree with regjanitor repair --from ROOT"
	pushTag    = "push the tag again, or remove it with regjanitor rm"
	fetchTag   = "push the tag again, or take it from another tree with regjanitor repair --from ROOT, or remove it with regjanitor rm"
	pointTag   = "push the tag again, or regjanitor repair --tags-from-history or --from ROOT, or remove it with regjanitor rm"
	linkTag    = "regjanitor repair writes the link anew where something shows that the repository had it; else " + pushTag
	tooLarge   = "regjanitor repair moves it to the trash if it does not hash to its digest; then, or else, " + pushTag
	relink     = "regjanitor repair writes the link anew; so does pushing the image again"
	clearFirst = "remove the corrupt data first with regjanitor repair, for the registry never overwrites what is there, and push the image again; " +
		"or replace it from another tree with regjanitor repair --from ROOT"
	byHand   = "remove what is there by hand, and push the image again"
	readable = "run as root or as the registry's own user; check the disk"
	rebuild  = "build the image anew and push it, or remove the tag with regjanitor rm"
)

// linkWords are what is wrong with a link that names no digest.
var linkWords = map[inventory.LinkState]struct {
	code   Code
	detail string
}{
	inventory.LinkSpaced:     {Corrupt, "has white space around its digest"},
	inventory.LinkEmpty:      {Corrupt, "is empty"},
	inventory.LinkGarbled:    {Corrupt, "holds no digest"},
	inventory.LinkTooLong:    {Corrupt, "is far too long for a digest"},
	inventory.LinkNotFile:    {Unreadable, "is no regular file"},
	inventory.LinkUnreadable: {Unreadable, "cannot be read"},
}

// manifestWords are what is wrong with a manifest that is there.
var manifestWords = map[inventory.ManifestState]struct {
	code   Code
	detail string
}{
	inventory.Empty:      {Corrupt, "the manifest has no bytes; the registry answers 500"},
	inventory.Corrupt:    {Corrupt, "the manifest does not hash to its digest; the registry answers 500, or serves it and clients refuse it"},
	inventory.TooLarge:   {Unreadable, "the manifest is larger than any that a registry takes; it answers 500"},
	inventory.NotFile:    {Unreadable, "the manifest is no regular file"},
	inventory.Unreadable: {Unreadable, "the manifest cannot be read"},
	inventory.Strange:    {Unreadable, "is what its digest says, and no manifest that registries 2 and 3 know; they answer 500"},
}

// describe says what is wrong with what a step has come to.
func (t *trial) describe(s graph.Step, found graph.Found) Damage {
	at := t.inv.Digests.Digest(found.At)
	link := layout.Revision(t.from.Name, at) + "/" + layout.Link
	if found.Layer {
		link = layout.Layer(t.from.Name, at) + "/" + layout.Link
	}
	switch found.Fault {
	case graph.NoLink:
		return t.linkMissing(s, found, link)
	case graph.BadLink:
		d := t.badLink(link, found.Link)
		d.Digest = at
		if !layout.IsTarsum(at) && (at.Algorithm() == "sha256") && t.inv.Blob(found.At) != nil && d.Code == Corrupt {
			d.Hint = relink
		}
		return d
	case graph.OtherLink:
		return Damage{Code: Corrupt, Digest: at, Path: link, Hint: relink,
			Detail: "the link names another digest than its directory: the registry serves that, and clients refuse it"}
	case graph.NoBlob:
		return t.blobMissing(found)
	}
	return t.badBlob(found)
}

func (t *trial) linkMissing(s graph.Step, found graph.Found, link string) Damage {
	d := Damage{Code: Missing, Digest: t.inv.Digests.Digest(found.At), Path: link, Hint: relink}
	canonical := d.Digest.Algorithm() == "sha256"
	switch {
	case canonical && t.inv.Blob(found.At) == nil && !t.thereAtAll(found.At):
		d.Path = layout.BlobData(d.Digest)
		d.Detail, d.Hint = "is gone, and so is the repository's link to it; the registry answers 404", pushAgain
	case s.Manifest:
		d.Detail = "an index lists this manifest, whose blob is there, and the repository's link to it is gone; the registry answers 404"
	default:
		d.Detail = "the repository's link to this blob is gone; the registry answers 404"
		if !canonical {
			d.Detail, d.Hint = d.Detail+", and which blob it was is written nowhere else", pushAgain
		}
	}
	return d
}

// layersMissing is the loss of all layer links, of which one is a witness.
func (t *trial) layersMissing(witness string) Damage {
	return Damage{Code: Missing, Path: layout.Repository(t.from.Name) + "/" + layout.Layers, witness: witness,
		Detail: "all of the repository's links to layers are gone; the registry answers 404 to each", Hint: relink}
}

// badLink is of a link that names no digest.
func (t *trial) badLink(path string, state inventory.LinkState) Damage {
	words := linkWords[state]
	d := Damage{Code: words.code, Path: path, Detail: "the link " + words.detail + "; the registry answers 500", Hint: "push the image again, which writes the link anew"}
	if words.code == Unreadable {
		d.Detail, d.Hint = "the link "+words.detail+t.why(path), readable
	}
	if state == inventory.LinkNotFile {
		d.Hint = byHand
	}
	return d
}

// why is the reason that a path could not be read or understood, if there is one.
func (t *trial) why(path string) string {
	if err := t.inv.Unread[path]; err != nil {
		return ": " + err.Error()
	}
	return ""
}

func (t *trial) blobMissing(found graph.Found) Damage {
	d := Damage{Code: Missing, Digest: t.inv.Digests.Digest(found.At), Detail: "is linked, and its data is gone; the registry answers 404", Hint: pushAgain}
	d.Path = layout.BlobData(d.Digest)
	if odd, hidden := t.hiddenBy(found.At); hidden {
		d.Code, d.Path, d.Detail, d.Hint = Unreadable, odd.Path, odd.Problem, readable
		if odd.Code == "blob-not-a-file" {
			d.Hint = byHand
		}
	}
	return d
}

func (t *trial) badBlob(found graph.Found) Damage {
	d := Damage{Digest: t.inv.Digests.Digest(found.At), Hint: clearFirst}
	d.Path = layout.BlobData(d.Digest)
	if unsound, read := t.unsound[found.At]; read {
		d.Code, d.Detail = unsound.Code, unsound.words()
		switch d.Code {
		case Unreadable:
			d.Hint = readable
		case Missing:
			d.Hint = pushAgain
		}
		return d
	}
	m := t.inv.Manifest(found.At)
	if m == nil {
		m = &inventory.Manifest{State: inventory.Strange}
	}
	words := manifestWords[m.State]
	d.Code, d.Detail = words.code, words.detail+t.why(d.Path)
	switch {
	case found.Fault == graph.Strange:
		words = manifestWords[inventory.Strange]
		d.Code, d.Detail, d.Hint = words.code, words.detail+t.why(d.Path), pushTag
	case m.State == inventory.TooLarge:
		d.Hint = tooLarge
	case m.State == inventory.NotFile:
		d.Hint = byHand
	case m.State == inventory.Unreadable:
		d.Hint = readable
	}
	return d
}

// words are what is wrong, where the path has been named.
func (u Unsound) words() string {
	var at *fs.PathError
	switch text := strings.TrimPrefix(u.Err.Error(), layout.BlobData(u.Blob.Digest)+": "); {
	case u.Code == Corrupt:
		return text + "; the registry serves it, and clients refuse it"
	case errors.As(u.Err, &at):
		return "cannot be read: " + at.Err.Error()
	default:
		return text
	}
}

// badTag is a tag whose own link leads nowhere.
func (t *trial) badTag(i int) {
	tag := &t.from.Tags[i]
	key := causeKey{fault: badTag, at: inventory.ID(i)}
	t.accuse(key, func() Damage {
		path := layout.TagCurrent(t.from.Name, tag.Name)
		if tag.Current.State == inventory.LinkAbsent {
			return Damage{Code: Missing, Path: path, Hint: fetchTag,
				Detail: "the tag is listed and has no current link, as a push that was cut off leaves it; the registry answers 404"}
		}
		d := t.badLink(path, tag.Current.State)
		if d.Code == Corrupt {
			d.Hint = pointTag
		}
		return d
	}).tags = []int{i}
}

// unlinked is a tag that points to a manifest which the repository does not link.
func (t *trial) unlinked(i int) {
	tag := &t.from.Tags[i]
	target := tag.Current.Target
	d := t.inv.Digests.Digest(target)
	there := t.inv.Blob(target) != nil
	if t.Proxy {
		t.gap(NotCached, layout.TagCurrent(t.from.Name, tag.Name), "points to what has expired; a pull-through cache fetches it again")
		return
	}
	c := t.accuse(causeKey{fault: unlinked, at: target}, func() Damage {
		if there {
			return Damage{Code: Missing, Digest: d, Path: layout.Revision(t.from.Name, d) + "/" + layout.Link, Hint: linkTag,
				Detail: "the tag points to this manifest, whose blob is there, and the repository's link to it is gone; the registry answers 404"}
		}
		return Damage{Code: Dangling, Digest: d, Path: layout.TagCurrent(t.from.Name, tag.Name), Hint: fetchTag,
			Detail: "points to a manifest that is gone, link and blob; the registry answers 404"}
	})
	c.tags = append(c.tags, i)
}

// notTags are files where directories of tags should be: a registry lists them.
func (t *trial) notTags() (list []Damage) {
	for _, name := range t.files[t.from.Name] {
		t.verdict.Tags++
		list = append(list, Damage{Code: Unreadable, Repository: t.from.Name, Tags: []string{name}, Path: layout.Tag(t.from.Name, name), Hint: "remove the file",
			Detail: "is a file in the place of a tag's directory: the registry lists the tag, and answers 500 to it and to the removal of any image"})
	}
	return list
}

// missized is a blob that is not as large as a manifest says.
func (t *trial) missized(by, blob inventory.ID, said, has int64) {
	c := t.accuse(causeKey{fault: missized, at: blob}, func() Damage {
		d := t.inv.Digests.Digest(blob)
		return Damage{Code: Corrupt, Digest: d, Path: layout.BlobData(d), Hint: clearFirst,
			Detail: fmt.Sprintf("has %d bytes, and %s says %d: the registry serves it, and clients refuse it", has, t.inv.Digests.Digest(by), said)}
	})
	c.manifests = append(c.manifests, by)
}

// rotten adds to what is said of data that does not hash to its digest that its
// size is another, too: who knows that it was cut off looks elsewhere than who
// thinks that it rotted.
func (t *trial) rotten(s graph.Step, by inventory.ID, said int64) {
	found := t.pull.Look(s)
	c, unsound := t.causes[causeKey{found.Fault, found.At, found.Layer}], t.unsound[found.At]
	if c == nil || c.sized || unsound.Code != Corrupt || unsound.Blob.Size == said {
		return
	}
	c.sized = true
	c.Detail = fmt.Sprintf("has %d bytes, and %s says %d; it %s", unsound.Blob.Size, t.inv.Digests.Digest(by), said, c.Detail)
}

// misstated is a manifest that is wrong about the size of a sound blob.
func (t *trial) misstated(by, blob inventory.ID, said, has int64) {
	c := t.accuse(causeKey{fault: misstated, at: by}, func() Damage {
		d := t.inv.Digests.Digest(by)
		return Damage{Code: Corrupt, Digest: d, Path: layout.BlobData(d), Hint: rebuild,
			Detail: fmt.Sprintf("was pushed like this: it says that %s has %d bytes, which has %d and is sound, so that clients refuse it", t.inv.Digests.Digest(blob), said, has)}
	})
	c.manifests = append(c.manifests, by)
}
