package schematest

import (
	"strings"
	"testing"
)

// TestTheCheckerFindsFaults, for one that finds none proves nothing.
func TestTheCheckerFindsFaults(t *testing.T) {
	const good = `{"schema":"regjanitor/1","command":"ls","version":"1","root":"/v2","root_source":"flag","started":"2026-01-01T00:00:00Z",
		"duration_seconds":0.5,"exit_code":5,"doubts":[],"failures":[],"refused":{"code":"locked","message":"m","hint":""},"error":null,
		"warnings":[{"code":"stray","path":"p","message":"m"}],"repositories":[],"tags":[]}`
	if problems := Validate([]byte(good)); len(problems) > 0 {
		t.Fatalf("a good document has problems: %q", problems)
	}
	for what, change := range map[string][2]string{
		"there is no hint":          {`,"hint":""`, ``},
		"there is no tags":          {`,"tags":[]`, ``},
		"none of":                   {`"locked"`, `"unheard-of"`},
		"warnings[0].code":          {`"stray"`, `"locked"`},
		"the schema does not know":  {`"tags":[]`, `"tags":[],"more":1`},
		"is of type string":         {`0.5`, `"0.5"`},
		"exit_code: 9":              {`"exit_code":5`, `"exit_code":9`},
		"no time in UTC":            {`00:00:00Z`, `00:00:00+01:00`},
		"below 0":                   {`0.5`, `-1`},
		"is regjanitor/2":           {`regjanitor/1`, `regjanitor/2`},
		"repositories: is of type":  {`"repositories":[]`, `"repositories":null`},
		"not one JSON object":       {`}`, `} {}`},
		"error: is of type boolean": {`"error":null`, `"error":false`},
	} {
		text := strings.Join(Validate([]byte(strings.Replace(good, change[0], change[1], 1))), "\n")
		if !strings.Contains(text, what) {
			t.Errorf("with %s in the place of %s: want %q, got %q", change[1], change[0], what, text)
		}
	}
}

// TestEveryKeyIsAlwaysThere, as the contract has it.
func TestEveryKeyIsAlwaysThere(t *testing.T) {
	for _, file := range []string{"reclaim.json", "ls.json", "why.json"} {
		s, err := Load(file)
		if err != nil {
			t.Fatal(err)
		}
		required := words(s["required"])
		for key := range s["properties"].(map[string]any) {
			if !strings.Contains(" "+strings.Join(required, " ")+" ", " "+key+" ") {
				t.Errorf("%s: %s need not be there", file, key)
			}
		}
	}
}
