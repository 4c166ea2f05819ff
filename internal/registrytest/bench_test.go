package registrytest

import "testing"

func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		if _, err := Parse(sound); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	spec, err := Parse(sound)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := spec.Write(b.TempDir()+"/root", Now); err != nil {
			b.Fatal(err)
		}
	}
}
