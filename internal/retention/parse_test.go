package retention_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"regjanitor/internal/age"
	"regjanitor/internal/retention"
)

var update = flag.Bool("update", false, "write testdata/bad.golden anew")

// TestBadPolicies: each of them gets an error with file, line and hint, and
// testdata/bad.golden shows what its author would see.
func TestBadPolicies(t *testing.T) {
	const golden = "testdata/bad.golden"
	var got strings.Builder
	files := policies(t, "bad")
	if len(files) < 50 {
		t.Fatalf("only %d bad policies are there", len(files))
	}
	for _, f := range files {
		_, err := retention.Parse(f.name, f.data)
		var e *retention.Error
		if !errors.As(err, &e) {
			t.Errorf("%s: %v, want an Error", f.name, err)
			continue
		}
		lines := strings.Count(string(f.data), "\n") + 1
		if e.File != f.name || e.Line < 1 || e.Line > lines || e.Column < 1 || e.Problem == "" || e.Hint == "" || e.Excerpt == "" {
			t.Errorf("%s: the error lacks something: %+v", f.name, e)
		}
		if text := e.Problem + e.Hint; strings.ContainsAny(text, "\n\t\r") || !strings.HasPrefix(err.Error(), fmt.Sprintf("%s, line %d: ", f.name, e.Line)) {
			t.Errorf("%s: no line of its own: %q", f.name, err)
		}
		fmt.Fprintf(&got, "%v\n%s\n      hint: %s\n\n", err, e.Excerpt, e.Hint)
	}
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got.String(), "\n")); diff != "" {
		t.Errorf("the errors differ from %s; -update writes it anew:\n%s", golden, diff)
	}
}

func TestGoodPolicies(t *testing.T) {
	const day = 24 * time.Hour
	want := map[string][]retention.Rule{
		"everything.yaml": {{
			Name: "ci", Repositories: []string{"ci/**", "team-*/app"}, Tags: []string{"pr-*", "build-[0-9]*"},
			Protect: []string{"pr-1", "{main,release}-*"}, Order: retention.ByTime, Age: retention.OfImage,
			KeepLast: 10, KeepWithin: age.Age(9 * day), KeepDaily: 7, KeepWeekly: 4, KeepMonthly: 12, KeepMin: 2,
			TrustMTime: true, Line: 4,
		}},
		"shortest.yaml": {{Name: "all", Order: retention.ByTime, Age: retention.OfPush, KeepLast: 10, KeepMin: 1, Line: 1}},
		"several.yaml": {
			{Name: "releases", Tags: []string{"v*", "[0-9]*"}, Order: retention.BySemver, Age: retention.OfPush, KeepLast: 5, KeepMin: 1, Line: 6},
			{Name: "feature branches", Tags: []string{"feature-*"}, Order: retention.ByTime, Age: retention.OfPush, Line: 14},
			{Name: "the rest", Repositories: []string{"**"}, Order: retention.ByTime, Age: retention.OfPush, KeepWithin: age.Age(90 * day), KeepMin: 1, Line: 19},
		},
		"windows.yaml": {{Name: "windows", Order: retention.ByTime, Age: retention.OfPush, KeepMin: 1, Line: 3}},
	}
	for _, f := range policies(t, "good") {
		p, err := retention.Parse(f.name, f.data)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		if diff := cmp.Diff(want[f.name], p.Rules); diff != "" {
			t.Errorf("%s (-want +got):\n%s", f.name, diff)
		}
		if uses := f.name == "everything.yaml"; p.UsesCreated() != uses {
			t.Errorf("%s: uses created times: %t", f.name, !uses)
		}
		comesBack(t, p, f.data)
		delete(want, f.name)
	}
	if len(want) > 0 {
		t.Errorf("not there: %v", want)
	}
}

// comesBack checks that a policy is stored as it was written.
func comesBack(t *testing.T, p *retention.Policy, text []byte) {
	t.Helper()
	stored, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var s struct{ File, Text string }
	if err := json.Unmarshal(stored, &s); err != nil || s.Text != string(text) {
		t.Fatalf("stored as %s, %v; want the text %q", stored, err, text)
	}
	var back retention.Policy
	if err := json.Unmarshal(stored, &back); err != nil {
		t.Fatalf("%s is not understood again: %v", stored, err)
	}
	if diff := cmp.Diff(*p, back, cmp.AllowUnexported(retention.Policy{}), cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("comes back changed:\n%s", diff)
	}
}

// TestStoredPolicyIsCheckedAgain: a plan can be edited.
func TestStoredPolicyIsCheckedAgain(t *testing.T) {
	var p retention.Policy
	err := json.Unmarshal([]byte(`{"file": "ci.yaml", "text": "version: 1\nrules:\n- name: ci\n"}`), &p)
	var e *retention.Error
	if !errors.As(err, &e) || e.File != "ci.yaml" || e.Line != 3 || len(p.Rules) > 0 {
		t.Errorf("%+v, %v", p, err)
	}
	for _, text := range []string{`null`, `{}`, `[]`, `{"file": "x", "text": 5}`} {
		if err := p.UnmarshalJSON([]byte(text)); err == nil {
			t.Errorf("%s is taken for a policy", text)
		}
	}
}

// FuzzParse: whatever the file holds, there is a policy that can be stored, or
// an error that says where and why not.
func FuzzParse(f *testing.F) {
	for _, dir := range []string{"good", "bad"} {
		for _, p := range policies(f, dir) {
			f.Add(p.data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := retention.Parse("p.yaml", data)
		if err == nil {
			comesBack(t, p, data)
			checkRules(t, p.Rules)
			return
		}
		var e *retention.Error
		if !errors.As(err, &e) || e.Line < 1 || e.Line > strings.Count(string(data), "\n")+1 || e.Hint == "" || e.Problem == "" {
			t.Fatalf("%#v is no answer", err)
		}
	})
}

// checkRules checks what a policy has to say at least, and may say at most.
func checkRules(t *testing.T, rules []retention.Rule) {
	if len(rules) == 0 {
		t.Fatal("a policy without rules")
	}
	names := map[string]bool{}
	for _, r := range rules {
		if r.Name == "" || names[r.Name] || r.Line < 1 || min(r.KeepLast, r.KeepDaily, r.KeepWeekly, r.KeepMonthly, r.KeepMin, int(r.KeepWithin)) < 0 ||
			r.Order != retention.ByTime && r.Order != retention.BySemver || r.Age != retention.OfPush && r.Age != retention.OfImage {
			t.Fatalf("%+v is no rule", r)
		}
		names[r.Name] = true
	}
}

type policyFile struct {
	name string
	data []byte
}

func policies(t testing.TB, dir string) (all []policyFile) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", dir, "*.yaml"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("testdata/%s: %d policies, %v", dir, len(paths), err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, policyFile{filepath.Base(path), data})
	}
	return all
}
