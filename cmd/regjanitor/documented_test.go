package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"regjanitor/internal/retention"
)

// TestPoliciesInTheDocumentation: what is shown as a policy is one, and a plain one
// at that.
func TestPoliciesInTheDocumentation(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var policies []string
	for _, block := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(readme), -1) {
		policies = append(policies, block[1])
	}
	help := retentionCheckCmd{}.Help()
	shown := regexp.MustCompile(`(?m)^  .*\n`).FindAllString(help[:strings.Index(help, "Examples:")], -1)
	policies = append(policies, strings.ReplaceAll(strings.Join(shown, ""), "\n  ", "\n")[2:])
	if len(policies) != 2 {
		t.Fatalf("%d policies are shown", len(policies))
	}
	for _, text := range policies {
		policy, err := retention.Parse("documented", []byte(text))
		if err != nil {
			t.Errorf("%v in\n%s", err, text)
			continue
		}
		if shadows := policy.Shadows(); len(shadows) > 0 {
			t.Errorf("rule %s gets no tag in\n%s", shadows[0].Rule.Name, text)
		}
	}
}
