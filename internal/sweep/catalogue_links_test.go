package sweep_test

import (
	"testing"

	"regjanitor/internal/plan"
)

func TestLinks(t *testing.T) {
	runRows(t, []row{
		{name: "1 an empty link of a tag pins its repository", spec: app + `damage app:v1 empty`, doubts: "link-empty"},
		{name: "1 a link of a tag that is half written pins its repository", spec: app + `damage app:v1 short`, doubts: "link-garbled"},
		{name: "1 garbage in the link of a tag pins its repository", spec: app + `damage app:v1 garbage`, doubts: "link-garbled"},
		{name: "1 an empty link of a reached revision pins its repository", spec: app + `damage app@A empty`, doubts: "link-empty"},
		{name: "1 garbage in the link of a reached revision pins its repository", spec: app + `damage app@A garbage`, doubts: "link-garbled"},
		{name: "1 an empty link of a child pins its repository", spec: app + `
			I = index A B
			push app:multi I
			damage app@B empty
			`, doubts: "link-empty"},
		{name: "1 an empty link of a revision that nothing reaches goes with it", spec: app + `damage app@B empty`, removed: appGarbage},
		{name: "1 of an empty layer link the directory's name decides", spec: app + `
			damage app layer x empty
			damage app layer y garbage
			`, removed: appGarbage},
		{name: "1 a pin keeps what the repository links, in other repositories' blobs too", spec: app + `
			push other:v1 B
			push other:v1 A
			damage app:v1 empty
			`, doubts: "link-empty", removed: `other revision B, other history v1 B, other layer d, other layer y`},

		{name: "2 a link of a tag over 1 KiB pins its repository", spec: app + `damage app:v1 huge`, doubts: "link-too-long"},
		{name: "2 a link of a reached revision over 1 KiB pins its repository", spec: app + `damage app@A huge`, doubts: "link-too-long"},
		{name: "2 a link of an untagged revision over 1 KiB pins its repository", spec: app + `damage app@B huge`, doubts: "link-too-long"},
		{name: "2 a layer link over 1 KiB pins its repository", spec: app + `damage app layer y huge`, doubts: "link-too-long"},

		{name: "3 a new line behind a tag's digest", spec: app + `damage app:v1 newline`, doubts: "link-whitespace", removed: appGarbage},
		{name: "3 blanks behind a tag's digest", spec: app + `damage app:v1 spaces`, doubts: "link-whitespace", removed: appGarbage},
		{name: "3 a new line behind a revision's digest", spec: app + `damage app@A newline`, doubts: "link-whitespace", removed: appGarbage},
		{name: "3 a new line behind the digest of a layer's alias", spec: `
			A = image c sha512:x
			push app:v1 A
			damage app layer sha512:x newline
			`, doubts: "link-whitespace"},

		{name: "4 a reached revision whose link names another one keeps both", spec: app + `damage app@A to=B`, doubts: "link-mismatch"},
		{name: "4 a reached revision whose link names what another repository has", spec: app + `damage app@A to=H`,
			doubts: "link-mismatch", removed: appGarbage, stays: "blob H, blob h.c, blob h.x"},

		{name: "5 uppercase hex in a tag's link pins its repository", spec: app + `damage app:v1 uppercase`, doubts: "link-garbled"},
		{name: "5 an uppercase layer link is never swept", spec: app + `damage app layer y dirname=upper`,
			doubts: "digest-malformed", removed: but(appGarbage, "app layer y")},
		{name: "5 a layer link of an unknown algorithm is never swept", spec: app + `damage app layer y dirname=algorithm`,
			doubts: "digest-malformed", removed: but(appGarbage, "app layer y")},
		{name: "5 a revision of a wrong length is never swept", spec: app + `damage app@B dirname=short`,
			doubts: "digest-malformed", removed: but(appGarbage, "app revision B")},
		{name: "5 a history entry of a wrong length is never swept", spec: app + `damage app history v1 B dirname=long`,
			doubts: "digest-malformed", removed: but(appGarbage, "app history v1 B")},
		{name: "5 an uppercase blob is never swept", spec: `damage blob o dirname=upper`, doubts: "digest-malformed", stays: "blob o"},
		{name: "5 a blob of a wrong length is never swept", spec: `damage blob o dirname=short`, doubts: "digest-malformed", stays: "blob o"},
		{name: "5 a blob of an unknown algorithm is never swept", spec: `damage blob o dirname=algorithm`, doubts: "digest-malformed", stays: "blob o"},

		{name: "6 of a tag without current every history entry is a root", spec: app + `damage app:v1 no-current`, doubts: "tag-without-current"},
		{name: "6 of a tag whose current is empty of links too", spec: app + `damage app:v1 missing`, doubts: "tag-without-current"},
		{name: "6 a tag that was being pushed first", sound: true, spec: app + `history app:ghost B`, doubts: "tag-without-current"},
		{name: "6 an empty directory of a tag is litter", spec: app + `dir repositories/app/_manifests/tags/gone`,
			removed: also(appGarbage, "app tag gone (empty)")},

		{name: "7 a tag's revision that is not linked is still a root", spec: app + `damage app@A gone`, doubts: "revision-without-link", removed: appGarbage},
		{name: "7 a tag's revision whose directory is empty is still a root", spec: app + `damage app@A missing`,
			doubts: "revision-without-link", removed: also(appGarbage, "app revision A (empty)")},

		{name: "8 a tag's revision whose blob is gone pins its repository", spec: app + `damage blob A gone`, doubts: "manifest-missing"},
		{name: "8 a tag's revision whose blob has no data pins its repository", spec: app + `damage blob A missing`,
			doubts: "manifest-missing", removed: "blob A (empty)"},
		{name: "8 a tag whose revision and blob are gone dangles, stays and pins nothing", spec: app + `
			damage app@A gone
			damage blob A gone
			`, doubts: "tag-dangling", removed: also(appGarbage, "app layer c, app layer x, blob c, blob x"),
			lost: "app layer c, app layer x, blob c, blob x"},
	})
}

func TestLinksThatAreNoFiles(t *testing.T) {
	var rows []row
	for _, what := range []string{"fifo", "socket", "device", "directory", "symlink"} {
		for _, link := range []string{"app:v1", "app@A", "app@B", "app layer x", "app layer y"} {
			rows = append(rows, row{name: "9 " + link + " is a " + what, spec: app + "damage " + link + " " + what, doubts: "link-not-a-file"})
		}
		rows = append(rows, row{name: "9 a layer's alias is a " + what, spec: app + `
			C = image c sha512:z
			push app:v2 C
			damage app layer sha512:z ` + what, refused: "layer-target-unknown"})
	}
	runRows(t, rows)
}

func TestRepositories(t *testing.T) {
	runRows(t, []row{
		{name: "10 temporary files of the driver stay for a day", sound: true, spec: app + `
			temp app:v1 age=1h
			temp app@A age=23h
			temp app layer x age=0h
			temp blob x age=1h
			temp app@B age=1h
			temp blob y age=1h
			`},
		{name: "10 old temporary files of the driver go", sound: true, spec: app + `
			temp app:v1 age=25h
			temp app@A age=25h
			temp blob x age=30d
			temp app@B age=30d
			temp blob y age=30d
			`},
		{name: "10 strays in the directory of tags stay and are reported", spec: app + `
			file repositories/app/_manifests/tags/.DS_Store
			file {app:v1}/stray
			file {app@A}/stray
			file repositories/app/stray
			`, warnings: "stray", removed: appGarbage},

		{name: "11 without _layers", spec: app + `damage app no-layers`, removed: but(appGarbage, "app layer d, app layer y")},
		{name: "11 an index alone, without _layers", sound: true, spec: "E = index\npush app:v1 E"},
		{name: "11 with an empty tags directory", sound: true, spec: app + `untag app:v1`},
		{name: "11 with nothing but uploads", sound: true, spec: "upload app u age=1h\nupload old v age=30d"},
		{name: "11 without _manifests", sound: true, spec: `mount app x`},
		{name: "11 pushed by digest only: its revisions are roots", sound: true, spec: `
			A = image c x
			push app@ A
			mount app w
			`, warnings: "no-tags-directory"},
		{name: "11 the tags directory is lost: its revisions are roots", spec: app + `damage app no-tags`, warnings: "no-tags-directory"},
		{name: "11, 15 the tags directory is lost, and a manifest too", spec: app + `
			damage app no-tags
			damage blob A gone
			`, doubts: "manifest-missing", warnings: "no-tags-directory"},
		{name: "11 rm removes it", spec: app + `damage app no-tags`, alone: true,
			options: func(o *plan.Options) { o.Requests = []plan.Request{{Repository: "app"}} },
			removed: but(also(appGarbage, "app revision A, app layer c, app layer x, blob A, blob c, blob x"), "app history v1 B"),
			lost:    "app revision A, app layer c, app layer x, blob A, blob c, blob x"},

		{name: "12 a layer by its sha512 and by its tarsum keeps alias, target and blob", sound: true, spec: `
			A = image c sha512:x
			O = schema1 y tarsum:z
			B = image d sha512:p
			P = schema1 tarsum:q
			push app:v1 B
			push app:v1 A
			push app:old O
			push app@ P
			`},
		{name: "12 a needed alias that leads to an untagged manifest keeps that one's link", spec: `
			A = image c sha512:x
			M = index
			push app:v1 A
			push app@ M
			damage app layer sha512:x to=M
			`, removed: "blob x, app layer x", lost: "blob x, app layer x"},
		{name: "12 a needed alias that says nothing: no blob can be judged", spec: `
			A = image c sha512:x
			push app:v1 A
			damage app layer sha512:x empty
			`, refused: "layer-target-unknown"},
		{name: "12 a needed tarsum that says nothing: no blob can be judged", spec: `
			O = schema1 x tarsum:y
			push app:v1 O
			damage app layer tarsum:y garbage
			`, refused: "layer-target-unknown"},
		{name: "12 an alias that says nothing in a pinned repository: no blob can be judged", spec: app + `
			mount app sha512:z
			damage app:v1 empty
			damage app layer sha512:z empty
			`, refused: "layer-target-unknown"},
		{name: "12 an alias that says nothing and that nothing needs goes", spec: app + `
			mount app sha512:z
			damage app layer sha512:z empty
			`, removed: also(appGarbage, "app layer sha512:z, app layer z, blob z")},
		{name: "12 a needed alias that is gone: any blob may be it", spec: app + `
			C = image c sha512:z
			push app:v2 C
			damage app layer sha512:z gone
			`, doubts: "layer-link-missing", stays: "blob G, blob H, blob h.c, blob h.x, blob o"},
		{name: "12 all of the repository's layer links are gone", spec: app + `
			C = image c sha512:z
			push app:v2 C
			damage app no-layers
			`, doubts: "layer-link-missing", stays: "blob G, blob H, blob h.c, blob h.x, blob o"},
		{name: "12 in a sparse index's gap an alias may be gone", sound: true, spec: `
			A = image c x
			B = image d sha512:y
			I = index A ~B
			push app:v1 I
			push other:v1 B
			`},

		{name: "14 signatures whose revision is gone stay with their blobs where the repository is in doubt", spec: app + `
			signatures app@A
			push app:v2 B
			damage app:v2 empty
			expire app@A
			untag app:v1
			`, doubts: "link-empty", removed: "blob A"},

		{name: "13 a manifest linked in _layers, as registry 2.1 did", sound: true, spec: `
			A = image c x
			B = image d y
			I = index A
			push app:v1 A links=layers
			push app:multi I links=layers
			push other:v1 B links=layers
			untag other:v1
			`},

		{name: "13, 53 in a pull-through cache too", sound: true, options: func(o *plan.Options) { o.Proxy = true }, spec: `
			A = image c x
			push app:v1 A links=layers
			proxy
			`},

		{name: "14 signatures below a live revision are live, below a dead one they go", sound: true, spec: `
			A = schema1 x
			B = schema1 y
			push app:v1 A
			push app@ B
			signatures app@A
			signatures app@B
			`},
	})
}
