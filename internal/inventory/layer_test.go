package inventory

import "testing"

// What a link that names no digest points to nobody knows: no other blob's link.
func TestALayerLinkThatCannotBeReadPointsToNothingElse(t *testing.T) {
	for _, how := range []string{"empty", "garbage", "huge"} {
		tree, _, inv := openAndScan(t, "B = image b\nA = image c sha512:x\npush b:v B\npush a:v A\ndamage a layer sha512:x "+how)
		for _, layer := range inv.Repositories[0].Layers {
			if layer.Link != LinkGood && layer.Target != layer.Digest {
				t.Errorf("%s: points to %s", how, tree.Name(inv.Digests.Digest(layer.Target)))
			}
		}
	}
}
