package e2e

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// space is the part of du's document that the tests judge.
type space struct {
	TotalBytes       int64 `json:"total_bytes"`
	ReclaimableBytes int64 `json:"reclaimable_bytes"`
	Rows             []struct {
		Kind           string `json:"kind"`
		Repository     string `json:"repository"`
		Tag            string `json:"tag"`
		Bytes          int64  `json:"bytes"`
		ExclusiveBytes int64  `json:"exclusive_bytes"`
	} `json:"rows"`
}

func (r *registry) space(args ...string) (s space) {
	r.t.Helper()
	r.janitor(append([]string{"du", "--json"}, args...)...).requireExit(r.t, exitDone).decode(r.t, &s)
	var sum int64
	for _, row := range s.Rows {
		sum += row.Bytes
	}
	requireEqual(r.t, "the sum of all rows", sum, s.TotalBytes)
	return s
}

// filledRegistry has layers that repositories and tags share, and garbage.
func filledRegistry(t *testing.T, d distribution) *registry {
	r := startedRegistry(t, d)
	base, app := layerOf("base", 300_000), layerOf("app", 200_000)
	byCrane(r.client, "team/app", "v1", oci.image("one", base, layerOf("one", 100_000)))
	byCrane(r.client, "team/app", "v1", oci.image("two", base, app))
	byCrane(r.client, "team/app", "v2", oci.image("three", base, app, layerOf("three", 50_000)))
	byCrane(r.client, "team/app/worker", "v1", oci.image("worker", base, layerOf("worker", 70_000)))
	byCrane(r.client, "other", "multi", oci.multiArch("multi", layer("multi"), base))
	r.stop()
	return r
}

// TestSpace: what du says is what du of coreutils says, what a sweep frees, and what
// removals do.
func TestSpace(t *testing.T) {
	eachDistribution(t, func(t *testing.T, d distribution) {
		r := filledRegistry(t, d)
		s := r.space()
		requireEqual(t, "the total", s.TotalBytes, diskUsage(t, r))
		swept := r.sweep("-n").requireExit(t, exitDone)
		requireEqual(t, "what a sweep frees", s.ReclaimableBytes, swept.report.Planned["disk_bytes"])
		if s.ReclaimableBytes < 100_000 {
			t.Errorf("a sweep frees %d bytes, and an image is garbage", s.ReclaimableBytes)
		}
		r.sweep().requireExit(t, exitDone)
		for _, row := range append(r.space().Rows, r.space("--by", "tag").Rows...) {
			name := row.Repository
			switch row.Kind {
			case "tag":
				name += ":" + row.Tag
			case "repository":
			default:
				continue
			}
			removed := r.withCopiedTree()
			before := blobUsage(t, removed)
			removed.remove(name).requireExit(t, exitDone)
			requireEqual(t, "what goes with "+name, before-blobUsage(t, removed), row.ExclusiveBytes)
		}
	})
}

// TestSpaceInOtherPrograms: ncdu and gdu open the export, and count as we do.
func TestSpaceInOtherPrograms(t *testing.T) {
	r := filledRegistry(t, distribution{version: "3.1", program: programs.registry3})
	exported := r.janitor("du", "--ncdu").requireExit(t, exitDone).stdout
	dir := t.TempDir()
	file, again := filepath.Join(dir, "export"), filepath.Join(dir, "again")
	write(t, file, []byte(exported))
	want := diskUsage(t, r)

	command(t, programs.ncdu, "-f", file, "-o", again)
	data, err := os.ReadFile(again)
	if err != nil {
		t.Fatal(err)
	}
	var document []any
	if err := json.Unmarshal(data, &document); err != nil || len(document) != 4 {
		t.Fatalf("ncdu writes %v, %s", err, data)
	}
	bytes, folders := countedOnce(document[3], map[float64]bool{})
	requireEqual(t, "ncdu's total", bytes, want)

	// To gdu every directory has 4 KiB of its own, whatever the document says.
	summary := strings.Fields(command(t, programs.gdu, "--non-interactive", "--no-progress", "--summarize", "--no-prefix", "--input-file", file))
	total, err := strconv.ParseInt(summary[0], 10, 64)
	if err != nil {
		t.Fatalf("gdu says %q", summary)
	}
	requireEqual(t, "gdu's total", total-4096*folders, want)
}

// countedOnce adds up a directory of ncdu's, in which hard links count once, and
// counts the directories in it and itself.
func countedOnce(entry any, met map[float64]bool) (bytes, folders int64) {
	switch e := entry.(type) {
	case []any:
		folders++
		for _, below := range e {
			b, f := countedOnce(below, met)
			bytes, folders = bytes+b, folders+f
		}
	case map[string]any:
		if inode, linked := e["ino"].(float64); linked {
			if met[inode] {
				return 0, 0
			}
			met[inode] = true
		}
		disk, _ := e["dsize"].(float64)
		bytes = int64(disk)
	}
	return bytes, folders
}

func diskUsage(t *testing.T, r *registry) int64 {
	t.Helper()
	out := command(t, "du", "-s", "--block-size=1", filepath.Join(r.root, "docker/registry/v2"))
	bytes, err := strconv.ParseInt(strings.Fields(out)[0], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return bytes
}

// blobUsage is what is allocated to the data of all blobs.
func blobUsage(t *testing.T, r *registry) (bytes int64) {
	t.Helper()
	walk(t, filepath.Join(r.root, "docker/registry/v2/blobs"), func(_ string, info fs.FileInfo) {
		if info.Mode().IsRegular() {
			bytes += info.Sys().(*syscall.Stat_t).Blocks * 512
		}
	})
	return bytes
}
