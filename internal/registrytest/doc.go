// Package registrytest builds registry trees for tests from a readable spec,
// and knows which of their parts are garbage.
//
//	tree := registrytest.Build(t, `
//		A = image c x y
//		B = image d x z
//		push team/app:v1 A
//		push team/app:v1 B        # a retag: A is garbage now
//	`)
//	tree.Dead() // blob A, blob c, blob y, team/app history v1 A, team/app layer c, …
//
// Its invariant: the answer comes from the spec's own model of the world, never
// from the disk, and shares no code with the janitor but the paths of package
// layout. It does not judge damaged trees: their tests say what they expect.
//
// # Lines
//
// One statement a line; # begins a comment at the start of a word. A range in
// brackets repeats its line: "push app:t[1..9] A" is nine pushes; several ranges
// on one line count up together. "…" is a word in Go's syntax, for odd bytes.
//
// # Definitions
//
//	NAME = KIND OPERAND... [KEY=VALUE]...
//
// They may stand anywhere. Bytes and digests follow from names and operands
// alone.
//
//	A = image c x y       OCI image manifest: config c, layers x and y
//	B = docker c x        the same in Docker's schema 2
//	O = schema1 x y x     Docker's schema 1
//	I = index A B         OCI index, of indexes too
//	L = list A B          Docker manifest list
//	R = artifact x y      OCI artifact manifest
//	K = cacheindex x y c  BuildKit cache index: layers, last its cacheconfig
//	U = unknown x A       JSON of a media type that nobody knows, with descriptors
//	T = text              no JSON at all, and a manifest nevertheless
//	x = layer 64KiB       a leaf of exactly this size (8KiB to 256MiB)
//	q = sparse 10GiB      a leaf of any size, all hole; its bytes do not match its digest
//
// A name that is not defined is a leaf: a small tar.gz, or, where the first use
// is as a config, a config whose diff_ids fit that image. {} is the OCI empty
// descriptor's blob. Names are letters, digits, ".", "_", "-".
//
// An operand is [~][VIA:]NAME[*TIMES]:
//
//	~B         never pushed (the gap of a sparse index or of a proxy cache)
//	foreign:w  a non-distributable layer with urls, never pushed
//	urls:w     an ordinary layer with urls, never pushed
//	sha512:x   x by its sha512
//	tarsum:x   x by a tarsum (schema1 only)
//	plain:B    a descriptor of type octet-stream, whatever B is; pushed as a blob
//	x*1000     a thousand times
//
// Where a manifest's name stands in the place of a layer or config, its
// descriptor has the manifest's media type.
//
// Keys: subject=NAME; type=MEDIATYPE (none: no mediaType field); schema=N for
// schemaVersion; artifactType=, configType= MEDIATYPE; created=TIME or none, in
// the config, or TIME in a schema1's history; note=TEXT, an annotation (two
// manifests that would be the same get one, so that they differ); keys=twice or
// keys=odd, which give all descriptors but the last under the list's key, or that
// key capitalised, and the last under the key once more; nest=N, arrays nested so deep; pad=SIZE.
//
// # Statements
//
// Each leaves exactly what the registry leaves. Most take age=AGE (48h, 30d, 2w,
// -1h for the future), the age of all that they write; else it is 0.
//
//	push REPO:TAG NAME       blobs, layer links, revisions of NAME and of its
//	                         children, tag with history; a blob's data is
//	                         written once, links each time. links=layers: as
//	                         registry 2.1 did, manifest links in _layers
//	                         A tag may name a digest: sha256-<NAME>.sig
//	push REPO@ NAME          by digest
//	mount REPO REF...        layer links and the data, no manifest
//	blob NAME...             the data alone
//	history REPO:TAG NAME    an entry in the tag's history alone; without a push
//	                         to the tag it is a ghost tag
//	untag REPO:TAG           the API's delete of a tag
//	delete REPO@NAME         the API's delete of a manifest: its link, and the
//	                         tags that point to it; an empty directory stays
//	delete REPO layer NAME   the API's delete of a blob
//	expire REPO@NAME         a proxy's expiry: the link alone (also REPO layer NAME)
//	upload REPO NAME         unfinished; size=SIZE, startedat=TEXT or none
//	cancel REPO NAME         what the API's delete of an upload leaves
//	temp TARGET              a temporary file of the driver beside link or data
//	signatures REPO@NAME     a signature of registry 2.0 below a revision, and its blob
//	proxy                    scheduler-state.json
//	age TARGET AGE           the mtime of a link, of data, of all of an upload or
//	                         repository
//	age everything AGE       of all so far
//
// # Letters
//
// TARGET, and everything that a Tree prints, is one of
//
//	blob x                   blobs/sha256/<hh>/<hex>/data
//	team/app layer x         _layers/sha256/<hex>/link (also sha512:x, tarsum:x)
//	team/app revision A      _manifests/revisions/sha256/<hex>/link; also team/app@A
//	team/app tag v1          _manifests/tags/v1/current/link; also team/app:v1
//	team/app history v1 A    _manifests/tags/v1/index/sha256/<hex>/link
//	team/app signature A     the signatures below a revision; their blob is A.sig
//	team/app upload u        _uploads/<uuid of u>
//	team/app                 the repository
//
// A Tree prints besides "temp " and a target for a temporary file beside it;
// target/name for any other file in a target's directory; a path relative to v2
// for what is no target, or with a slash before it, relative to the storage
// root; and behind these " (empty)" for an empty directory, " -> far end",
// " (directory)" for one in the place of a link or data, " (fifo)", " (socket)",
// " (device)", " (unreadable)".
//
// # Damage
//
//	damage TARGET HOW
//
//	any target       missing (link, data, repository) gone (its whole directory)
//	                 symlinked (directory moved outside the tree, symlink to it)
//	                 unreadable (mode 000)
//	link or blob     empty garbage directory fifo socket device hardlink
//	                 symlink (file moved outside, symlink to it)
//	                 dirname=upper|short|long|algorithm (directory's name)
//	link             newline spaces huge uppercase short to=NAME
//	blob             truncated corrupt (a flipped byte) altered (still JSON)
//	                 huge (over 4 MiB) lists=NAME,… (an index of these, itself
//	                 perhaps) inside (moved elsewhere below blobs, symlink)
//	                 symlinked-shard
//	tag              no-current no-history
//	repository       no-layers no-manifests no-revisions no-tags
//
// Whatever else may lie about is made by path. A PATH is relative to v2 or, with
// a slash before it, to the storage root; {TARGET} in it is that target's
// directory.
//
//	file PATH [TEXT]         dir PATH          fifo PATH
//	symlink PATH PATH        (the second may be outside/NAME)
//	remove PATH              move PATH PATH    chmod PATH MODE
//	deep PATH N              N nested directories of 200 bytes each, then a file
//
// For example:
//
//	file repositories/team/app/_manifests/tags/.DS_Store
//	file {team/app@A}/stray "left by someone"
//	file "repositories/\xff/x"
//	file /docker/registry/lockfiles/database-in-use
//	remove repositories
package registrytest
