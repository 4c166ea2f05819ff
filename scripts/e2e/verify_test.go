package e2e

import (
	"slices"
	"testing"
)

// verified is what verify reports besides what every command does.
type verified struct {
	report
	Damage      []damage `json:"damage"`
	TagsChecked int      `json:"tags_checked"`
	TagsDamaged int      `json:"tags_damaged"`
	BlobsRead   int64    `json:"blobs_read"`
	BytesRead   int64    `json:"bytes_read"`
}

type damage struct {
	Code       string   `json:"code"`
	Repository string   `json:"repository"`
	Tags       []string `json:"tags"`
	Digest     string   `json:"digest"`
	Path       string   `json:"path"`
	Detail     string   `json:"detail"`
	Hint       string   `json:"hint"`
}

// verify runs beside the registry or without it, and changes nothing.
func (r *registry) verify(exit int, args ...string) verified {
	r.t.Helper()
	o := janitor(r.t, append([]string{"verify", "--json", "--root", r.root}, args...)...).requireExit(r.t, exit)
	var v verified
	o.decode(r.t, &v)
	return v
}

// codes are the words for all that hits a tag, by "repo:tag".
func (v verified) codes() map[string][]string {
	codes := map[string][]string{}
	for _, d := range v.Damage {
		for _, tag := range d.Tags {
			name := d.Repository + ":" + tag
			codes[name] = append(codes[name], d.Code)
		}
	}
	for name, list := range codes {
		slices.Sort(list)
		codes[name] = slices.Compact(list)
	}
	return codes
}

// requireVerified compares what pulls said of the patients, what verify says without
// and with reading all data, and what is known of their wounds.
func requireVerified(t *testing.T, w *ward, pulls map[string]string, without, with verified) {
	t.Helper()
	damaged, says, saysWith := 0, without.codes(), with.codes()
	for _, p := range w.patients {
		name, pull, want := p.name(), pulls[p.name()], []string(nil)
		if p.wound.code != "" {
			want = []string{p.wound.code}
			damaged++
		}
		refused := p.wound.refused == p.version
		if fails := pull != ""; fails != (want != nil || refused) {
			t.Errorf("%s: verify is to say %q, but the registry says %q", name, want, pull)
		}
		if !slices.Equal(saysWith[name], want) {
			t.Errorf("%s: verify --read-data says %q instead of %q, the registry: %q", name, saysWith[name], want, pull)
		}
		if p.wound.silent {
			want = nil
		}
		if !slices.Equal(says[name], want) {
			t.Errorf("%s: verify says %q instead of %q, the registry: %q", name, says[name], want, pull)
		}
	}
	for _, d := range with.Damage {
		if d.Path == "" || d.Detail == "" || d.Hint == "" {
			t.Errorf("a damage without path, detail or hint: %+v", d)
		}
	}
	if without.BlobsRead != 0 || with.BlobsRead == 0 {
		t.Errorf("%d blobs were read without, and %d with --read-data", without.BlobsRead, with.BlobsRead)
	}
	requireEqual(t, "number of tags that are damaged", with.TagsDamaged, damaged)
	requireEqual(t, "number of tags listed and checked", with.TagsChecked, len(pulls))
}

// TestVerifyFindsNothingWrong: what registries rightly lack is no damage, and nor is
// what belongs to an image without being part of it.
func TestVerifyFindsNothingWrong(t *testing.T) {
	eachDistribution(t, func(t *testing.T, d distribution) {
		w := &world{registry: newRegistry(t, d)}
		w.start("REGISTRY_VALIDATION_DISABLED=true") // which would refuse the URLs
		w.signedImages()
		w.client.push("foreign", "docker", docker.withForeignLayer("docker", "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"))
		w.client.push("foreign", "oci", oci.withForeignLayer("oci", "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"))
		sparse := oci.multiArch("sparse", layer("sparse"))
		absent := sparse.children[1]
		w.client.push("sparse", "latest", sparse)
		w.client.delete("sparse", absent.digest())
		removed(t, w.blobData(absent.digest())) // as the registry's collector does

		tags := 0
		for _, repo := range w.client.catalog() {
			for _, tag := range w.client.tags(repo) {
				tags++
				if err := pull(w.client, repo, tag, absent); err != nil {
					t.Errorf("%s:%s cannot be pulled: %v", repo, tag, err)
				}
			}
		}
		for _, args := range [][]string{nil, {"--read-data"}} {
			v := w.verify(exitDone, args...)
			requireEqual(t, "damage", v.Damage, []damage{})
			requireEqual(t, "tags checked and damaged", []int{v.TagsChecked, v.TagsDamaged}, []int{tags, 0})
		}
	})
}
