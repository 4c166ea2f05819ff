package why

import "testing"

// TestThings: what is no blob.
func TestThings(t *testing.T) {
	try(t, []example{
		{"a tag", `A = image c x
			push app:v1 A
			push app:v2 A`, `app:v1`, `
			kept tag tag
			tag app:v1 > image A
			tag app:v2 > image A
			linked by app as a revision`},
		{"a tag that points nowhere", `A = image c x
			push app:v1 A
			damage app:v1 garbage`, `app:v1`, `
			doubt tag tag
			link-garbled at app tag v1`},
		{"what is left of a tag", `A = image c x
			push app:v1 A
			dir repositories/app/_manifests/tags/old`, `app:old`, `
			garbage tag empty
			frees 0 blobs, stays with []`},
		{"a repository", `A = image c x
			push app:v1 A
			push app:v2 A
			push app:v3 A
			push app:v4 A`, `app`, `
			kept repository in-use
			tag app:v1 > image A
			tag app:v2 > image A
			tag app:v3 > image A
			and 1 more`},
		{"a repository that ends", `A = image c x
			push app:v1 A
			mount old y`, `old`, `
			garbage repository empty
			frees 0 blobs, stays with []`},
		{"a repository above others", `A = image c x
			push app/svc:v1 A
			mount app x`, `app`, `
			garbage repository empty
			frees 0 blobs, stays with []`},
		{"a revision", `A = image c x
			push app:v1 A
			push other@ A
			B = image d y
			push other:v1 B`, `other@{A}`, `
			garbage image untagged
			untagged other > image A
			linked by other as a revision, goes
			frees 0 blobs, stays with [--keep-untagged --keep-digests]`},
		{"a revision that stays", `A = image c x
			push app:v1 A
			push other@ A`, `app@{A}`, `
			kept image needed
			tag app:v1 > image A
			linked by app as a revision`},
		{"an upload", `A = image c x
			push app:v1 A
			upload app u age=30d`, `{app upload u}`, `
			garbage upload stale
			frees 0 blobs, stays with [--keep-uploads]`},
		{"a young upload", `A = image c x
			push app:v1 A
			upload app u age=1h`, `{app upload u}`, `
			kept upload young`},
		{"a history entry", `A = image c x
			B = image d y
			push app:v1 A age=2d
			push app:v1 B age=1d`, `{app history v1 A}`, `
			garbage history entry untagged
			past app:v1 > image A, until 24h0m0s by B
			linked by app as a revision, goes
			frees 3 blobs, stays with [--keep-untagged --keep-digests]`},
		{"a history entry of an image that stays", `A = image c x
			B = image d y
			push app:v1 A age=2d
			push app:v1 B age=1d
			push app:v2 A`, `{app history v1 A}`, `
			kept history entry needed
			tag app:v2 > image A
			linked by app as a revision`},
		{"a history entry in a repository that is kept in doubt", `A = image c x
			B = image d y
			push app:v1 A age=2d
			push app:v1 B age=1d
			push app:v2 B
			expire app@A
			damage app:v2 empty`, `{app history v1 A}`, `
			doubt history entry in-doubt
			link-empty at app tag v2`},
		{"a layer link", `A = image c x
			push app:v1 A
			mount other x
			B = image d y
			push other:v1 B`, `{other layer x}`, `
			garbage blob unneeded
			linked by other, goes
			frees 0 blobs, stays with []`},
		{"a leftover", `A = image c x
			push app:v1 A
			temp app:v1 age=2d`, `the leftover`, `
			garbage leftover stale
			frees 0 blobs, stays with []`},
		{"a stray", `A = image c x
			push app:v1 A
			file repositories/app/notes.txt`, `repositories/app/notes.txt`, `
			kept stray stray
			stray at app/notes.txt`},
		{"an empty directory", `A = image c x
			push app:v1 A
			dir blobs/sha256/00`, `blobs/sha256/00`, `
			garbage directory empty
			frees 0 blobs, stays with []`},
		{"a directory", `A = image c x
			push app:v1 A`, `repositories/app/_manifests/tags`, `
			kept directory in-use`},
	})
}
