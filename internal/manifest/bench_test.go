package manifest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func benchmarked() map[string][]byte {
	descriptor := func(mediaType string, i int, more string) string {
		return fmt.Sprintf(`{"mediaType":%q,"digest":%q,"size":%d%s}`, mediaType, named(fmt.Sprint(i)), 123456*i, more)
	}
	var layers, children []string
	for i := range 12 {
		layers = append(layers, descriptor("application/vnd.oci.image.layer.v1.tar+gzip", i, ""))
		children = append(children, descriptor("application/vnd.oci.image.manifest.v1+json", i,
			`,"platform":{"architecture":"amd64","os":"linux"}`))
	}
	return map[string][]byte{
		"image": []byte(`{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":` +
			descriptor("application/vnd.oci.image.config.v1+json", 99, "") + `,"layers":[` + strings.Join(layers, ",") + `]}`),
		"index": []byte(`{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[` +
			strings.Join(children, ",") + `]}`),
	}
}

func BenchmarkParse(b *testing.B) {
	for name, data := range benchmarked() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(data)))
			var r Reader
			for b.Loop() {
				if _, err := r.Read(data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkValid is what only to check the syntax would cost.
func BenchmarkValid(b *testing.B) {
	for name, data := range benchmarked() {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				json.Valid(data)
			}
		})
	}
}

func BenchmarkMentions(b *testing.B) {
	data := benchmarked()["image"]
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		Mentions(data)
	}
}
