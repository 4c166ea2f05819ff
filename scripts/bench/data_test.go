package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestReadBlobsFindsMadeDataSound(t *testing.T) {
	root := t.TempDir()
	const least = 1 << 20
	made, err := makeData(t.Context(), root, least)
	if err != nil {
		t.Fatal(err)
	}
	read, damaged, err := readBlobs(t.Context(), root)
	if read.Blobs != made || read.Bytes < least || damaged > 0 || err != nil {
		t.Errorf("of %d blobs made: %+v, %d damaged, %v", made, read, damaged, err)
	}
	all, err := filepath.Glob(filepath.Join(root, prefix, "blobs/sha256/*/*/data"))
	if len(all) != made || err != nil {
		t.Fatal(len(all), err)
	}
	if err := os.Truncate(all[0], 1); err != nil {
		t.Fatal(err)
	}
	if read, damaged, err = readBlobs(t.Context(), root); read.Blobs != made || damaged != 1 || err != nil {
		t.Errorf("with one cut: %+v, %d damaged, %v", read, damaged, err)
	}
}
