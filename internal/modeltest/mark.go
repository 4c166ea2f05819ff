package modeltest

import "slices"

// need marks what something in a repository refers to: the links to it there
// and its data.
func (o *run) need(r *repository, digest string) {
	o.add(o.needed[r.name], digest)
	o.add(o.blobs, digest)
}

// open marks a manifest, all that it refers to included.
func (o *run) open(r *repository, digest string) {
	o.need(r, digest)
	o.add(o.opened[r.name], digest)
}

// markRoots marks what a repository keeps for its own sake.
func (o *run) markRoots(r *repository) {
	switch {
	case o.trace:
		o.markGoing(r)
		return
	case o.only != nil && !o.stays(r):
		o.markRest(r)
		return
	}
	o.markTags(r)
	for digest, dir := range r.revisions {
		if o.stays(r) || !r.tagsDir || o.keptUntagged(r, digest) {
			o.open(r, digest)
		} else if o.young(dir+"/link", digest) {
			o.openIfThere(r, digest)
		}
	}
	if o.generous && o.stays(r) {
		for _, t := range r.tags {
			for digest := range t.history {
				o.open(r, digest)
			}
		}
	}
	o.markLinksThatStay(r)
}

// markTags marks what the tags that stay point to.
func (o *run) markTags(r *repository) {
	for name, t := range r.tags {
		if !o.goes.tags[r.name][name] {
			o.markTag(r, name, t)
		}
	}
}

// openIfThere: whether a revision that is merely too young, and has lost its
// data, is worth a pin is open.
func (o *run) openIfThere(r *repository, digest string) {
	if _, state := o.readData(digest); o.generous || state != dataGone && state != dataEmpty {
		o.open(r, digest)
	} else {
		o.need(r, digest)
	}
}

// keptUntagged tells a revision that an option keeps. Whether it does so without
// the data is open.
func (o *run) keptUntagged(r *repository, digest string) bool {
	_, state := o.readData(digest)
	if !o.generous && (state == dataGone || state == dataEmpty) {
		return false
	}
	return o.opts.KeepUntagged || slices.Contains(o.opts.KeepDigests, digest) || o.freshlyUntagged(r, digest)
}

// freshlyUntagged tells what --untagged-older-than keeps: nothing that this run
// untags, and else what lost its last tag, or was pushed, not long ago.
func (o *run) freshlyUntagged(r *repository, digest string) bool {
	if o.opts.UntaggedAge == 0 || o.lost != nil && o.lost.needed[r.name][digest] {
		return false
	}
	since := o.entries[r.revisions[digest]+"/link"].mtime
	for _, t := range r.tags {
		dir, listed := t.history[digest]
		if !listed {
			continue
		}
		began := o.entries[dir+"/link"].mtime
		ended, open := began, true
		for other, at := range t.history {
			next := o.entries[at+"/link"].mtime
			later := next.After(began) || next.Equal(began) && !o.generous
			if other != digest && later && (open || next.Before(ended)) {
				ended, open = next, false
			}
		}
		if ended.After(since) {
			since = ended
		}
	}
	return o.opts.Now.Sub(since) < o.opts.UntaggedAge
}

func (o *run) markTag(r *repository, name string, t *tag) {
	if t.current == "" {
		for digest := range t.history {
			o.open(r, digest)
			o.doubt(r, "6: tag "+name+" has a history and no current link")
		}
		return
	}
	digest, state := o.readLink(t.current)
	switch state {
	case linkBad:
		o.pin(r, "1: link of tag "+name)
		return
	case linkSpaced:
		o.doubt(r, "3: link of tag "+name)
	}
	_, inRevisions := r.revisions[digest]
	_, inLayers := r.layers[digest]
	if !inRevisions && !inLayers {
		if o.reg.proxy && !(o.trace && o.generous) {
			return // expired; what its removal lets go is open
		}
		o.doubt(r, "7, 8: tag "+name+" points to a revision without a link")
		if _, state := o.readData(digest); state == dataGone && !o.generous {
			return // whether referrers of what is gone stay is open
		}
	}
	o.open(r, digest)
}

// markLinksThatStay keeps the data of links that no manifest has to need.
func (o *run) markLinksThatStay(r *repository) {
	for digest, dir := range r.layers {
		switch {
		case o.stays(r) || o.generous && o.young(dir+"/link", digest):
			o.need(r, digest)
		case o.young(dir+"/link", digest):
			to, _ := o.readLink(dir)
			o.add(o.blobs, digest)
			o.add(o.blobs, to)
		}
	}
	if o.opts.Large && o.generous && o.stays(r) { // an empty directory passes for a link
		for _, hex := range o.dirs(r.dir + "/_layers/sha256") {
			o.add(o.blobs, "sha256:"+hex)
		}
	}
	for revision, links := range r.signatures {
		if _, linked := r.revisions[revision]; linked && o.needed[r.name][revision] || o.stays(r) {
			for digest := range links {
				o.add(o.blobs, digest)
			}
		}
	}
}

// markManifests reads every manifest that was opened.
func (o *run) markManifests(r *repository) {
	for digest := range o.opened[r.name] {
		dir, linked := r.revisions[digest]
		if linked {
			o.markRevisionLink(r, digest, dir)
		}
		doc, state := o.readData(digest)
		_, inLayers := r.layers[digest]
		switch state {
		case dataGone:
			if linked && !o.gapsAreOpen() || (linked || inLayers) && o.generous {
				o.pin(r, "8, 21: the data of "+digest+" is gone")
			}
			continue
		case dataHidden, dataEmpty, dataWrong:
			if state != dataEmpty || !o.gapsAreOpen() || o.generous {
				o.pin(r, "15, 16: the data of "+digest+" is "+state)
			}
			o.markRemains(r, digest)
			continue
		}
		if !doc.known {
			o.pin(r, "17: "+digest+" is of an unknown kind")
		}
		o.markReferences(r, doc, linked || inLayers)
	}
}

// gapsAreOpen: the gaps of a proxy are not damage, and what gaps are worth in a
// manifest that no tag keeps is open.
func (o *run) gapsAreOpen() bool {
	return o.reg.proxy || o.opts.MinAge+o.opts.UntaggedAge > 0 || o.opts.KeepUntagged || len(o.opts.KeepDigests)+len(o.opts.Names) > 0
}

// markRevisionLink reads the link of a revision that is reached.
func (o *run) markRevisionLink(r *repository, digest, dir string) {
	to, state := o.readLink(dir)
	switch {
	case state == linkBad:
		o.pin(r, "1: link of revision "+digest)
	case state == linkSpaced:
		o.doubt(r, "3: link of revision "+digest)
	case to != digest:
		o.doubt(r, "4: link of revision "+digest)
	}
	if to != "" {
		o.open(r, to)
	}
}

// markReferences marks what a manifest refers to. Which blob it calls by another
// digest than the blob's, only the link of that name tells; one that is not
// linked itself cannot be pulled, and may lack it.
func (o *run) markReferences(r *repository, doc document, linked bool) {
	for _, ref := range doc.references {
		if !digestName.MatchString(ref.digest) {
			continue
		}
		_, revision := r.revisions[ref.digest]
		if _, manifest := schemaVersions[ref.mediaType]; revision || manifest && (doc.known || o.generous) {
			o.open(r, ref.digest)
		} else {
			o.need(r, ref.digest)
		}
		if _, there := r.layers[ref.digest]; isAlias(ref.digest) && !there && (o.generous || linked && doc.known && !o.reg.proxy) {
			o.pin(r, "12: no link "+ref.digest)
			o.anyBlob = true
		}
	}
}

// markReferrers keeps what names a kept manifest as its subject. To learn that,
// every revision is read.
func (o *run) markReferrers(r *repository) {
	for digest := range r.revisions {
		if o.goes.revisions[r.name][digest] && !o.trace {
			continue // it goes although its subject may stay
		}
		doc, state := o.readData(digest)
		if (state != dataGood || !doc.known) && o.only != nil && o.only.needed[r.name][digest] {
			continue // what goes pins nothing
		}
		switch state {
		case dataGone, dataEmpty:
			continue
		case dataHidden, dataWrong:
			o.pin(r, "15, 16: the data of "+digest+" is "+state)
			o.markRemains(r, digest)
			continue
		}
		if !doc.known {
			o.pin(r, "17: "+digest+" is of an unknown kind")
		}
		if o.needed[r.name][doc.subject] {
			o.open(r, digest)
		}
	}
}

// markAliases follows the layer links whose name is not that of their blob.
func (o *run) markAliases(r *repository) {
	for digest, dir := range r.layers {
		if !isAlias(digest) || !o.needed[r.name][digest] && !o.generous {
			continue
		}
		to, state := o.readLink(dir)
		switch state {
		case linkBad:
			o.pin(r, "1: layer link "+digest)
			o.refuse("it is not known which blob " + r.name + " links as " + digest)
		case linkSpaced:
			o.doubt(r, "3: layer link "+digest)
		}
		if to != "" && o.needed[r.name][digest] {
			o.need(r, to)
		}
	}
}

// markRemains: whether the digests in a damaged manifest count is open.
func (o *run) markRemains(r *repository, digest string) {
	dir := o.reg.blobs[digest]
	if !o.generous || dir == "" || !o.isFile(dir+"/data") || o.entries[dir+"/data"].size > largestManifest {
		return
	}
	for _, text := range shaped.FindAllString(string(o.content(dir+"/data")), -1) {
		o.open(r, text)
	}
}
