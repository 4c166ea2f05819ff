package sweep_test

import "testing"

// TestManifestKinds has every kind of manifest twice: tagged, where all that it
// needs stays, and untagged with leaves of its own, where all of it goes.
func TestManifestKinds(t *testing.T) {
	var rows []row
	for _, k := range []struct{ name, kept, dead string }{
		{"schema1", "schema1 x y x", "schema1 p q"},
		{"schema1 that names a layer by its tarsum", "schema1 x tarsum:y", "schema1 p tarsum:q"},
		{"docker schema2", "docker c x y", "docker d p"},
		{"docker schema2 with a foreign layer", "docker c x foreign:w", "docker d foreign:v"},
		{"OCI image", "image c x y", "image d p"},
		{"OCI image with a non-distributable layer", "image c foreign:w x", "image d foreign:v"},
		{"OCI image with a layer that lies elsewhere", "image c urls:w x", "image d urls:v"},
		{"OCI image without mediaType", "image c x type=none", "image d p type=none"},
		{"OCI image with the empty descriptor", "image {} x artifactType=application/vnd.example", "image d {}"},
		{"Helm chart", "image c x configType=application/vnd.cncf.helm.config.v1+json", "image d p"},
		{"OCI artifact", "artifact x y", "artifact p q"},
		{"OCI artifact without mediaType", "artifact x type=none", "artifact p type=none"},
		{"BuildKit cache index", "cacheindex x y c", "cacheindex p d"},
		{"manifest list", "list I1 I2", "list D1"},
		{"OCI index", "index I1 I2", "index D1 D2"},
		{"OCI index without mediaType", "index I1 type=none", "index D1 type=none"},
		{"OCI index with nothing in it", "index", "index type=none"},
		{"OCI index of indexes", "index N1 I2", "index E1 D2"},
		{"OCI index with gaps", "index I1 ~I2", "index D1 ~D2"},
		{"layers as sha512", "image c sha512:x sha512:y", "image d sha512:p"},
	} {
		rows = append(rows, row{name: k.name, sound: true, spec: `
			I1 = image i1.c base x1
			I2 = image i2.c base x2
			N1 = index I1
			D1 = image d1.c base p1
			D2 = image d2.c base p2
			E1 = index D1
			K = ` + k.kept + `
			L = ` + k.dead + `
			push app:v1 K
			push app@ L
			push other/app:v1 L
			untag other/app:v1
		`})
	}
	runRows(t, rows)
}

func TestReferrers(t *testing.T) {
	const images = `
		A = image c x
		B = image d y
	`
	runRows(t, []row{
		{name: "23 an untagged manifest whose subject is kept stays, and what is about it in turn", sound: true, spec: images + `
			S = image {} sbom subject=A
			T = image {} sig subject=S
			U = index A subject=T
			push app:v1 A
			push app@ S
			push app@ T
			push app@ U
		`},
		{name: "23 a subject that is kept as mere bytes keeps its referrers", sound: true, spec: `
			A = image c x
			S = artifact s subject=A
			R = artifact plain:A
			push app:v1 R
			push app@ S
			`},
		{name: "23 a subject that is kept by another digest's link keeps its referrers", sound: true, spec: `
			A = image c sha512:x
			S = image {} s subject=x
			push app:v1 A
			push app@ S
			`},
		{name: "23 a referrer goes with its subject", sound: true, spec: images + `
			S = image {} sbom subject=B
			T = image {} sig subject=S
			push app:v1 A
			push app@ B
			push app@ S
			push app@ T
		`},
		{name: "23 a kept referrer does not keep its subject", sound: true, spec: images + `
			S = image {} sbom subject=B
			push app:v1 A
			push app:sbom S
			push app@ B
		`},
		{name: "23 a subject keeps its referrers in its own repository alone", sound: true, spec: images + `
			S = image {} sbom subject=A
			push app:v1 A
			push other:v1 B
			push other@ S
		`},
		{name: "23 the subject is a child of a kept index", sound: true, spec: images + `
			I = index A B
			S = image {} sbom subject=B
			push app:v1 I
			push app@ S
		`},
		{name: "23 the subject was never pushed", sound: true, spec: images + `
			S = image {} sbom subject=B
			T = image {} sig subject=B
			push app:v1 A
			push app:sbom S
			push app@ T
		`},
		{name: "23 a fallback tag is an ordinary root", sound: true, spec: images + `
			S = image {} sbom subject=A
			F = index S
			push app:v1 A
			push app:sha256-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef F
			push app@ B
		`},
	})
}
