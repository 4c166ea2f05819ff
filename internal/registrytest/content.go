package registrytest

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/opencontainers/go-digest"
)

const (
	smallestLayer = 8 << 10
	largestLayer  = 256 << 20
)

// makeBytes writes what a thing holds.
func (s *Spec) makeBytes(t *thing) (err error) {
	switch t.kind {
	case kindLayer:
		t.data, t.diffID, err = layerBytes(t.name, t.size)
	case kindSparse:
		t.digest = digest.FromString(fmt.Sprintf("sparse %s of %d", t.name, t.size))
	case kindConfig:
		t.data, err = s.configBytes(t)
	case kindEmpty:
		t.data = []byte("{}")
	case kindText:
		t.data = []byte("this is not JSON, and its name is " + t.name + "\n")
	default:
		t.data, err = s.manifestBytes(t)
	}
	return err
}

// layerBytes is a tar.gz that holds one file; of exactly size bytes, unless 0.
// Nothing is compressed, so that the bytes do not depend on a compressor.
func layerBytes(name string, size int64) ([]byte, digest.Digest, error) {
	if size == 0 {
		return tarGzip(name, 0, nil)
	}
	if size < smallestLayer || size > largestLayer {
		return nil, "", fmt.Errorf("a layer has between %d and %d bytes (sparse takes any size)",
			smallestLayer, largestLayer)
	}
	filler := int(size - 4096 - size/8192)
	data, _, err := tarGzip(name, filler, nil)
	if err != nil {
		return nil, "", err
	}
	const lengthField = 2
	extra := make([]byte, int(size)-len(data)-lengthField)
	return tarGzip(name, filler, extra)
}

// tarGzip packs one file of a line of text and filler bytes that no
// compressor could shrink; extra goes into the gzip header.
func tarGzip(name string, filler int, extra []byte) ([]byte, digest.Digest, error) {
	content := append([]byte("this is layer "+name+"\n"), make([]byte, filler)...)
	random := rand.NewChaCha8(sha256.Sum256([]byte(name)))
	random.Read(content[len(content)-filler:])

	var plain, packed bytes.Buffer
	archive := tar.NewWriter(&plain)
	header := &tar.Header{
		Name: name, Mode: 0o644, Size: int64(len(content)), ModTime: time.Unix(0, 0), Format: tar.FormatUSTAR,
	}
	if err := archive.WriteHeader(header); err != nil {
		return nil, "", fmt.Errorf("pack layer %s: %w", name, err)
	}
	archive.Write(content)
	archive.Close()

	zip, err := gzip.NewWriterLevel(&packed, gzip.NoCompression)
	if err != nil {
		return nil, "", fmt.Errorf("pack layer %s: %w", name, err)
	}
	zip.Extra = extra
	zip.Write(plain.Bytes())
	zip.Close()
	return packed.Bytes(), digest.FromBytes(plain.Bytes()), nil
}

// configBytes is the config of the first image that uses it: its diff_ids are
// true for that image only.
func (s *Spec) configBytes(t *thing) ([]byte, error) {
	owner := s.roles[t.name].owner
	if owner.kind == kindCacheIndex {
		return json.Marshal(object{{"layers", []any{}}, {"records", []any{}}, {"name", t.name}})
	}
	diffIDs := []string{}
	for _, r := range owner.refs[1:] {
		layer, err := s.thing(r.name)
		if err != nil {
			return nil, err
		}
		for range min(r.times, 100) {
			diffIDs = append(diffIDs, layer.diffID.String())
		}
	}
	config := object{{"architecture", s.architecture(owner.name)}, {"os", "linux"}}
	switch created := owner.options["created"]; created {
	case "none":
	case "":
		config = append(config, member{"created", "2026-01-01T00:00:00Z"})
	default:
		config = append(config, member{"created", created})
	}
	config = append(config,
		member{"config", object{{"Labels", object{{"name", t.name}}}}},
		member{"rootfs", object{{"type", "layers"}, {"diff_ids", diffIDs}}})
	return json.Marshal(config)
}

// parseSize reads 512, 4KiB, 10MiB, 1GiB.
func parseSize(text string) (int64, error) {
	units := []struct {
		suffix string
		factor int64
	}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"", 1}}
	for _, unit := range units {
		digits, ok := strings.CutSuffix(text, unit.suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(digits, 10, 64)
		if err != nil || n < 0 || n > (1<<50)/unit.factor {
			break
		}
		return n * unit.factor, nil
	}
	return 0, fmt.Errorf("%q is not a size such as 512, 4KiB, 10MiB or 1GiB", text)
}

// parseAge reads a Go duration, or days and weeks: 48h, 30d, 2w, -1h.
func parseAge(text string) (time.Duration, error) {
	for suffix, unit := range map[string]time.Duration{"d": 24 * time.Hour, "w": 7 * 24 * time.Hour} {
		if digits, ok := strings.CutSuffix(text, suffix); ok {
			if n, err := strconv.Atoi(digits); err == nil {
				return time.Duration(n) * unit, nil
			}
		}
	}
	age, err := time.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("%q is not an age such as 48h, 30d or 2w", text)
	}
	return age, nil
}
