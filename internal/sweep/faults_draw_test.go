package sweep_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"

	"regjanitor/internal/registrytest"
	"regjanitor/internal/store/storetest"
)

func (t *faultTrial) name(f fault) string { return t.spec.name + "|" + t.kind + "|" + f.String() }

// faults are as many of those that can happen as there is time for. A fifth are
// reads that come short, which are few among all and hard to notice.
func (t *faultTrial) faults(choose *rand.Rand) []fault {
	var failures, tears []fault
	for i, at := range t.calls {
		for j, h := range harms {
			for _, s := range []span{onlyOnce, forEver, diskDied} {
				switch f := (fault{at, h, s}); {
				case !h.suits(at.op), s == diskDied && (i+j)%8 != 0 && *replayed == "":
				case h.tear != nil:
					tears = append(tears, f)
				default:
					failures = append(failures, f)
				}
			}
		}
	}
	if *replayed != "" {
		return append(failures, tears...)
	}
	most := storetest.Scale(faultsPerRun) / crashSlow
	if t.stage != nil {
		most /= 3
	}
	drawn := draw(tears, most/5, choose)
	return append(drawn, draw(failures, most-len(drawn), choose)...)
}

func draw(from []fault, most int, choose *rand.Rand) []fault {
	choose.Shuffle(len(from), func(i, j int) { from[i], from[j] = from[j], from[i] })
	return from[:min(len(from), most)]
}

// checkLife looks whether what a sweep without a fault leaves, and no fault may
// therefore take away, is all that is live by the registry's own answer.
func (t *faultTrial) checkLife(tree *registrytest.Tree) error {
	for _, line := range tree.Live() {
		if strings.HasPrefix(line, "temp ") || strings.HasPrefix(line, "/") {
			continue // which no target names
		}
		at, err := filepath.Rel(tree.Root, tree.Path(line))
		if err != nil {
			return err
		}
		if _, there := t.after.Lookup(at); !there {
			return fmt.Errorf("registry %s: a sweep removes %s, which is live", t.spec.name, line)
		}
	}
	return nil
}
