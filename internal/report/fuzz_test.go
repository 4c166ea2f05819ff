package report_test

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"regjanitor/internal/inventory"
	"regjanitor/internal/layout"
	"regjanitor/internal/plan"
	"regjanitor/internal/refusal"
	"regjanitor/internal/registrytest"
	"regjanitor/internal/report"
	"regjanitor/internal/store/storetest"
)

// FuzzSavedPlan has anything for a saved plan. What is carried out of it is part
// of what a sweep would do now, or it is refused.
func FuzzSavedPlan(f *testing.F) {
	spec, err := registrytest.Parse("A = image c x\nB = image d y\npush app:v1 B\npush app:v1 A\nblob o\nupload app u age=30d")
	if err != nil {
		f.Fatal(err)
	}
	tree, err := spec.Write(filepath.Join(f.TempDir(), "root"), registrytest.Now)
	if err != nil {
		f.Fatal(err)
	}
	memory, err := storetest.Load(tree.V2)
	if err != nil {
		f.Fatal(err)
	}
	v2, err := memory.Dir("")
	if err != nil {
		f.Fatal(err)
	}
	inv, err := inventory.Scan(context.Background(), v2, inventory.Options{Jobs: 1})
	if err != nil {
		f.Fatal(err)
	}
	opts := plan.Options{UploadAge: plan.DefaultUploadAge, MaxDeletePercent: 100, Now: registrytest.Now}
	fresh, err := plan.Make(inv, opts)
	if err != nil {
		f.Fatal(err)
	}
	doc := report.NewDocument(true)
	doc.Schema, doc.Actions, doc.Options = report.Schema, report.ActionsOf(fresh, nil), opts
	var saved bytes.Buffer
	if err := report.Write(&saved, doc); err != nil {
		f.Fatal(err)
	}
	whole := saved.String()
	live := layout.Blob(tree.Digest("A"))
	f.Add([]byte(whole))
	f.Add([]byte(whole[:len(whole)/2]))
	f.Add([]byte(strings.ReplaceAll(whole, layout.Blob(tree.Digest("B")), live)))
	f.Add([]byte(strings.ReplaceAll(whole, `"blob"`, `"tag"`)))
	f.Add([]byte(`{"schema":"regjanitor/1","dry_run":true,"actions":[{"op":"delete","kind":"blob","path":"../../etc"}]}`))
	f.Add([]byte(`{"schema":"regjanitor/1","dry_run":true,"actions":[]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, saved, err := report.ReadPlan(data)
		if err != nil {
			return
		}
		p, err := fresh.Only(saved)
		var refused *refusal.Error
		if errors.As(err, &refused) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		planned := map[plan.Action]bool{}
		for _, a := range fresh.Actions {
			planned[a] = true
		}
		for _, a := range p.Actions {
			if !planned[a] || p.Item(a).Path == live {
				t.Errorf("%s would go", p.Item(a).Path)
			}
		}
		if len(p.Actions) > len(saved) {
			t.Errorf("%d things would go, and %d were planned", len(p.Actions), len(saved))
		}
	})
}
