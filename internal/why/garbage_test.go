package why

import "testing"

// TestWhatKept: who needed garbage, and who wants what is not there.
func TestWhatKept(t *testing.T) {
	try(t, []example{
		{"a sha512 that nothing needs", `mount app sha512:x
			B = image c y
			push app:v1 B`, `{sha512:x}`, `
			garbage blob unneeded
			linked by app as sha512:x, goes
			frees 0 blobs, stays with []`},
		{"what is about an image that has gone", `S = image {} s subject=A
			A = image c x
			push app@ S
			B = image d y
			push app:v1 B`, `{s}`, `
			garbage layer orphan
			untagged app > image S > layer s 1/1
			linked by app, goes
			frees 1 blobs, stays with [--keep-untagged --keep-digests]`},
		{"an image whose tag was moved", `A = image c x
			B = image d y
			C = image e z
			push app:v1 A age=9d
			push app:v1 B age=8d
			push app:v1 C age=7d`, `{x}`, `
			garbage layer orphan
			past app:v1 > image A > layer x 1/1, until 192h0m0s by B
			linked by app, goes
			frees 1 blobs, stays with [--keep-untagged --keep-digests]`},
		{"an image whose tag was moved there and back", `A = image c x
			B = image d y
			push app:v1 A age=9d
			push app:v1 B age=8d
			push app:v1 A age=7d`, `{y}`, `
			garbage layer orphan
			past app:v1 > image B > layer y 1/1, until 168h0m0s by A
			linked by app, goes
			frees 1 blobs, stays with [--keep-untagged --keep-digests]`},
		{"a child of an index that lost its tag", `A = image c x
			I = index A
			B = image d y
			push app:v1 I age=9d
			push app:v1 B age=8d`, `{A}`, `
			garbage image orphan
			past app:v1 > index I > image A 1/1, until 192h0m0s by B
			linked by app as a revision, goes
			frees 3 blobs, stays with [--keep-untagged --keep-digests]`},
		{"an image whose tag was deleted", `A = image c x
			B = image d y
			push app:v1 A
			push app:v2 B
			untag app:v1`, `{x}`, `
			garbage layer orphan
			untagged app > image A > layer x 1/1
			linked by app, goes
			frees 1 blobs, stays with [--keep-untagged --keep-digests]`},
		{"a manifest that was deleted", `A = image c x
			B = image d y
			push app:v1 A age=9d
			push app:v1 B age=8d
			delete app@A`, `{A}`, `
			garbage image orphan
			past app:v1 > image A, until 192h0m0s by B
			frees 3 blobs, stays with [--keep-orphans]`},
		{"a layer of a manifest that was deleted", `A = image c x
			B = image d y
			push app:v1 A age=9d
			push app:v1 B age=8d
			delete app@A`, `{x}`, `
			garbage layer orphan
			past app:v1 > image A > layer x 1/1, until 192h0m0s by B
			linked by app, goes
			frees 1 blobs, stays with []`},
		{"a blob that nothing ever linked", `A = image c x
			push app:v1 A
			blob o`, `{o}`, `
			garbage blob orphan
			frees 1 blobs, stays with [--keep-orphans]`},
		{"a link that nothing needs", `A = image c x
			push app:v1 A
			mount app o`, `{o}`, `
			garbage blob orphan
			linked by app, goes
			frees 1 blobs, stays with []`},
		{"a layer that is gone", `A = image c x y
			push app:v1 A
			damage blob y gone`, `{y}`, `
			missing layer
			tag app:v1 > image A > layer y 2/2
			linked by app
			layer-missing at blob y`},
		{"a child that was never pushed", `A = image c x
			I = index A ~B
			B = image d y
			push app:v1 I`, `{B}`, `
			missing manifest lawful
			tag app:v1 > index I > manifest B 2/2
			child-absent at app revision I`},
		{"a foreign layer", `A = image c foreign:w
			push app:v1 A`, `{w}`, `
			missing layer lawful
			tag app:v1 > image A > layer w 1/1`},
		{"a manifest that is gone", `A = image c x
			push app:v1 A
			push app:v2 A
			damage blob A gone`, `{A}`, `
			missing manifest
			tag app:v1 > manifest A
			tag app:v2 > manifest A
			linked by app as a revision
			manifest-missing at blob A`},
		{"a tag of a pull-through cache that has expired", `proxy
			A = image c x
			push app:v1 A
			expire app@A
			B = image d y
			push app:v2 B`, `{A}`, `
			garbage image orphan
			expired app:v1 > image A
			frees 3 blobs, stays with [--keep-orphans]`},
		{"a layer of two images that a tag pointed to", `A = image c x
			B = image d x
			C = image e z
			push app:v1 A age=9d
			push app:v1 B age=8d
			push app:v1 C age=7d`, `{x}`, `
			garbage layer orphan
			past app:v1 > image B > layer x 1/1, until 168h0m0s by C
			linked by app, goes
			frees 1 blobs, stays with [--keep-untagged --keep-digests]`},
		{"an index that lost its tag", `A = image c x
			B = image d x
			I = index A B
			C = image e x
			push app:v1 I age=9d
			push app:v1 C age=8d`, `{I}`, `
			garbage index orphan
			past app:v1 > index I, until 192h0m0s by C
			linked by app as a revision, goes
			frees 5 blobs, stays with [--keep-untagged --keep-digests]`},
	})
}
