package why

import "testing"

// TestWhatKeeps: the chains of what stays, a tag once, the shortest first.
func TestWhatKeeps(t *testing.T) {
	try(t, []example{
		{"a layer", `A = image c x y
			push app:v1 A`, `{y}`, `
			kept layer needed
			tag app:v1 > image A > layer y 2/2
			linked by app`},
		{"a config", `A = image c x y
			push app:v1 A`, `{c}`, `
			kept config needed
			tag app:v1 > image A > config c
			linked by app`},
		{"a layer of an index's image", `A = image c x
			B = image d y z
			I = index A B
			push app:v1 I`, `{z}`, `
			kept layer needed
			tag app:v1 > index I > image B 2/2 > layer z 2/2
			linked by app`},
		{"a layer that two repositories share", `A = image c x
			B = image d x
			I = index B
			push app:v1 A
			push app:v10 A
			push app:v9 A
			push other:v1 I`, `{x}`, `
			kept layer needed
			tag app:v1 > image A > layer x 1/1
			tag app:v9 > image A > layer x 1/1
			tag app:v10 > image A > layer x 1/1
			and 1 more
			linked by app
			linked by other`},
		{"a signature of a signature", `A = image c x
			S = image {} s subject=A
			T = image {} t subject=S
			push app:v1 A
			push app@ S
			push app@ T`, `{t}`, `
			kept layer needed
			tag app:v1 > image A > referrer image S > referrer image T > layer t 1/1
			linked by app`},
		{"a layer by its sha512", `A = image c sha512:x
			push app:v1 A`, `{x}`, `
			kept layer needed
			tag app:v1 > image A > layer sha512:x 1/1 > stored-as layer x
			linked by app
			linked by app as sha512:x`},
		{"a sha512 that is another name of a layer", `A = image c sha512:x
			push app:v1 A`, `{sha512:x}`, `
			kept layer needed
			tag app:v1 > image A > layer sha512:x 1/1
			linked by app as sha512:x`},
		{"a signature by its tag", `A = image c x
			S = image {} s
			push app:v1 A
			push app:sha256-<A>.sig S`, `{s}`, `
			kept layer needed
			tag app:sha256-951b06a95fdf492eccd94be3ff6f7bbf90e9d9877c96686251234097ffbdbe6f.sig > image S > layer s 1/1, about A
			linked by app`},
		{"an image in a repository that is kept in doubt", `A = image c x
			B = image d y
			push app:v1 A
			push app@ B
			damage app:v1 empty`, `{y}`, `
			doubt layer in-doubt
			in-doubt app > image B > layer y 1/1
			linked by app
			link-empty at app tag v1`},
		{"what a tag without its link may have pointed to", `A = image c x
			B = image d y
			push app:v2 B
			history app:v1 A
			push app@ A`, `{x}`, `
			kept layer needed
			history app:v1 > image A > layer x 1/1
			linked by app
			tag-without-current at app tag v1`},
		{"a child that is not linked", `A = image c x
			I = index A
			push app:v1 I
			expire app@A`, `{x}`, `
			kept layer needed
			tag app:v1 > index I > image A 1/1 > layer x 1/1
			linked by app`},
		{"a manifest that is a layer elsewhere", `A = image c x
			B = artifact plain:A y
			push app:v1 A
			push other:v1 B`, `{A}`, `
			kept image needed
			tag app:v1 > image A
			tag other:v1 > artifact B > blob A 1/2
			linked by app as a revision
			linked by other`},
		{"a repository without a directory of tags", `A = image c x
			push app@ A`, `{x}`, `
			kept layer needed
			no-tags app > image A > layer x 1/1
			linked by app`},
		{"a signature of schema1", `O = schema1 x
			push app:v1 O
			signatures app@O`, `{O.sig}`, `
			kept blob needed
			tag app:v1 > schema1 O > signature blob O.sig`},
		{"a layer in many positions", `A = image c x y x y
			push app:v1 A`, `{y}`, `
			kept layer needed
			tag app:v1 > image A > layer y 2/4
			linked by app`},
		{"a signature of an image that has gone", `A = image c x
			B = image d y
			S = image {} s
			push app:v1 B
			push app:sha256-<A>.sig S`, `{S}`, `
			kept image needed
			tag app:sha256-951b06a95fdf492eccd94be3ff6f7bbf90e9d9877c96686251234097ffbdbe6f.sig > image S, about A, gone
			linked by app as a revision`},
		{"a layer of a manifest that is listed as a mere blob, and linked", `A = image c x
			B = artifact plain:A y
			push app:v1 B
			push app@ A`, `{x}`, `
			kept layer needed
			tag app:v1 > artifact B > image A 1/2 > layer x 1/1
			linked by app`},
		{"what a tag without its link may have pointed to by two ways", `A = image c x
			I = index A
			B = image d y
			push app:v2 B
			history app:v1 I
			history app:v1 A
			push app@ I`, `{x}`, `
			kept layer needed
			history app:v1 > image A > layer x 1/1
			linked by app
			tag-without-current at app tag v1`},
		{"what a symbolic link in the place of a blob leads to", `A = image c x
			push app:v1 A
			blob o p
			damage blob p gone
			symlink {blob p} {blob o}`, `{o}`, `
			doubt blob led-to
			blob-symlink at blob p`},
	})
}
