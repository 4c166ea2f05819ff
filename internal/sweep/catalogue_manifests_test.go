package sweep_test

import "testing"

func TestDamagedManifests(t *testing.T) {
	runRows(t, []row{
		{name: "15 a truncated manifest pins its repository", spec: app + `damage blob A truncated`, doubts: "manifest-corrupt"},
		{name: "15 an empty manifest pins its repository", spec: app + `damage blob A empty`, doubts: "manifest-empty"},
		{name: "15 a manifest with a flipped byte pins its repository", spec: app + `damage blob A corrupt`, doubts: "manifest-corrupt"},
		{name: "15 a manifest that is sound JSON and hashes to something else pins its repository", spec: app + `damage blob A altered`, doubts: "manifest-corrupt"},
		{name: "15 a truncated manifest of a child pins its repository", spec: app + `
			I = index A B
			push app:multi I
			damage blob B truncated
			`, doubts: "manifest-corrupt"},
		{name: "15 a truncated manifest pins every repository that links it", spec: app + `
			push other:v1 B
			push other:v2 A
			push other:v1 A
			damage blob A truncated
			`, doubts: "manifest-corrupt"},
		{name: "15 a truncated manifest that no tag reaches pins: it might be about a kept one", spec: app + `damage blob B truncated`, doubts: "manifest-corrupt"},
		{name: "15 an untagged revision without its blob goes, with a warning", spec: app + `damage blob B gone`,
			removed: but(appGarbage, "blob B"), warnings: "untagged-without-data"},
		{name: "15 an untagged revision whose blob has no bytes goes, with a warning", spec: app + `damage blob B empty`,
			removed: appGarbage, warnings: "untagged-without-data"},

		{name: "16 a manifest that is not JSON pins its repository", spec: app + "T = text\npush app:odd T", doubts: "manifest-unknown"},
		{name: "16 a manifest over 4 MiB pins its repository", spec: app + "C = image c z pad=5MiB\npush app:big C", doubts: "manifest-too-large"},
		{name: "16 a manifest that grew over 4 MiB pins its repository", spec: app + `damage blob A huge`, doubts: "manifest-too-large"},
		{name: "16 a manifest just below 4 MiB is understood", sound: true, spec: app + "C = image c z pad=4000KiB\npush app:big C"},

		{name: "17 an unknown media type pins its repository and keeps all that it mentions", spec: app + `
			U = unknown x ~h.x
			push app:odd U
			`, doubts: "manifest-unknown", stays: "blob h.x"},
		{name: "17 an unknown media type of an image pins its repository", spec: app + `
			U = image c x type=application/vnd.example.new.v9+json
			push app:odd U
			`, doubts: "manifest-unknown"},
		{name: "17 an unknown schemaVersion pins its repository and keeps all that it mentions", spec: app + `
			U = image c ~h.x schema=7
			push app:odd U
			`, doubts: "manifest-unknown", stays: "blob h.x"},
		{name: "17 an unknown child of an index pins its repository", spec: app + `
			U = unknown x
			I = index A U
			push app:multi I
			`, doubts: "manifest-unknown"},
		{name: "17 an unknown manifest that no tag reaches pins: it might be about a kept one", spec: app + `
			U = unknown x
			push app@ U
			`, doubts: "manifest-unknown"},

		{name: "18 schema1 is understood, and goes where it is garbage", sound: true, spec: `
			O = schema1 x y x
			P = schema1 x p
			push app:v1 P
			push app:v1 O
			`},
	})
}

func TestShapesOfManifests(t *testing.T) {
	runRows(t, []row{
		{name: "19 nested as deep as JSON's own reader goes", sound: true, spec: app + "N = image c z nest=9000\npush app:deep N"},
		{name: "19 nested a million deep", spec: app + "N = image c z nest=1000000\npush app:deep N", doubts: "manifest-unknown"},
		{name: "19 twenty thousand descriptors", sound: true, spec: app + "N = image c z*20000\npush app:wide N"},
		{name: "19 so many descriptors that they are over 4 MiB", spec: app + "N = schema1 z*100000\npush app:wide N", doubts: "manifest-too-large"},
		{name: "19 a diamond on a diamond, with 2^40 paths", sound: true, spec: app + `
			I0 = index A A
			I[1..40] = index I[0..39]*2
			push app:diamonds I40
			`},
		{name: "19 a chain of 300 indexes", sound: true, spec: app + `
			I0 = index A B
			I[1..300] = index I[0..299]
			push app:chain I300
			`},
		{name: "19 a dead chain of 300 indexes", sound: true, spec: app + `
			I0 = index A B
			I[1..300] = index I[0..299]
			push app@ I300
			`},
		{name: "19 a cycle, which only a wrong hash can make", spec: app + `
			I = index A
			J = index I
			push app:cycle J
			damage blob I lists=I,J,A
			`, doubts: "manifest-corrupt"},
		{name: "19 a cycle of subjects", sound: true, spec: app + `
			S = image {} s subject=A
			R = image {} r subject=S
			I = index S R subject=R
			push app:v2 I
			`},

		{name: "20 a child shared by two repositories, sparse in the first", sound: true, spec: `
			A = image c x
			B = image d y
			I = index A B
			push a:v1 I
			push b:v1 I
			delete a@B
			delete a layer d
			delete a layer y
			`},
		{name: "20 a child shared by two repositories, untagged in the first", sound: true, spec: `
			B = image d y
			I = index B
			push a@ B
			push a:v1 I
			untag a:v1
			push b:v1 I
			`},
		{name: "20 a child is but a blob in the first repository and a manifest in the second", sound: true, spec: `
			B = image d y
			C = image c plain:B
			I = index B
			push a:v1 C
			push b:v1 I
			`},

		{name: "21 an index's child that was never pushed", sound: true, warnings: "child-absent", spec: app + `
			C = image e z
			I = index A ~C
			push app:v1 I
			`},
		{name: "21 an index's child that was deleted and collected", spec: app + `
			I = index A B
			push app:v1 I
			delete app@B
			damage blob B gone
			`, warnings: "child-absent",
			removed: "app revision B (empty), app layer d, app layer y, blob d, blob y",
			lost:    "app layer d, app layer y, blob d, blob y"},
		{name: "21 a layer that lies elsewhere was never pushed", sound: true, spec: app + `
			C = image c urls:w foreign:v
			push app:v1 C
			`},
		{name: "21 a layer of a tagged image is gone: said, and nothing more", spec: app + `damage blob x gone`,
			warnings: "layer-missing", removed: appGarbage},
		{name: "21 a layer of garbage is gone: not worth a word", spec: app + `damage blob y gone`,
			warnings: "none", removed: "app revision B, app history v1 B, app layer d, app layer y, blob B, blob d"},
		{name: "21 an index's child with its link and without its blob pins", spec: app + `
			I = index A B
			push app:v1 I
			damage blob B gone
			`, doubts: "manifest-missing"},

		{name: "22 duplicate keys count both", sound: true, spec: app + `
			C = image c x z keys=twice
			I = index A B keys=twice
			push app:v1 C
			push app:v2 I
			`},
		{name: "22 keys of odd case count", sound: true, spec: app + `
			C = image c x z keys=odd
			O = schema1 x w keys=odd
			I = list A B keys=odd
			push app:v1 C
			push app:v2 I
			push app:v3 O
			`},
		{name: "22 an odd key hides a layer of what is garbage", sound: true, spec: app + "C = image c x z keys=odd\npush app@ C"},
	})
}

func TestDescriptorsInAnyPosition(t *testing.T) {
	runRows(t, []row{
		{name: "24 a manifest in the place of a layer is read and descended into", sound: true, spec: app + `
			C = image c x B
			push app:v1 C
			`},
		{name: "24 a manifest in the place of a config is read and descended into", sound: true, spec: app + `
			C = image B x
			push app:v1 C
			`},
		{name: "24 a manifest among an artifact's blobs is read and descended into", sound: true, spec: app + `
			C = artifact x B
			push app:v1 C
			`},
		{name: "24 of another media type, with a revision link, it is descended into", sound: true, spec: app + `
			C = image c plain:B
			I = index A plain:B
			push app:v1 C
			push app:v2 I
			push app@ B
			`},
		{name: "24 of another media type, without a revision link, it is a leaf", sound: true, spec: `
			B = image d y
			C = image c plain:B
			I = index plain:B
			push app:v1 C
			push app:v2 I
			mount app d y
			`},
		{name: "24 the layers of a cache index are leaves and not parsed", sound: true, spec: app + `
			K = cacheindex x plain:B z cc
			push app:cache K
			`},
		{name: "24 a manifest linked in _layers alone is descended into where its media type says so", sound: true, spec: app + `
			I = index B
			push app:v1 I links=layers
			`},
	})
}
