// Package schematest checks documents against the schemas that are published in
// the directory testdata/schema of the repository.
//
// It knows as much of JSON Schema as these use and fails on what it does not
// know. It is stricter in one respect: a key that the schema does not describe is
// a problem here, while those who read documents have to bear it, because later
// versions add keys.
package schematest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Schema is a schema, or a part of one.
type Schema map[string]any

// Dir is the directory of the schemas.
func Dir() string {
	dir, err := os.Getwd()
	for err == nil && dir != "/" {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		dir = filepath.Dir(dir)
	}
	return filepath.Join(dir, "testdata", "schema")
}

// Load reads the schema in a file of Dir.
func Load(file string) (Schema, error) {
	data, err := os.ReadFile(filepath.Join(Dir(), file))
	if err != nil {
		return nil, err
	}
	var s Schema
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return s, nil
}

// fileOf is where the schema of a command's document is. Those that remove share
// one.
func fileOf(command string) string {
	switch command {
	case "ls", "du", "why", "verify", "repair", "retention check", "retention explain":
		return strings.ReplaceAll(command, " ", "-") + ".json"
	case "trash list":
		return "trash.json"
	}
	return "reclaim.json"
}

// Validate says what is wrong with a document; nothing is good.
func Validate(document []byte) []string {
	var value map[string]any
	if err := json.Unmarshal(document, &value); err != nil {
		return []string{"not one JSON object: " + err.Error()}
	}
	command, _ := value["command"].(string)
	file := fileOf(command)
	s, err := Load(file)
	if err != nil {
		return []string{err.Error()}
	}
	c := checker{file: file, files: map[string]Schema{file: s}}
	c.check("", s, value)
	return c.problems
}

type checker struct {
	file     string
	files    map[string]Schema
	problems []string
}

func (c *checker) failf(at, format string, args ...any) {
	c.problems = append(c.problems, fmt.Sprintf("%s: %s", strings.TrimPrefix(at, "."), fmt.Sprintf(format, args...)))
}

// resolve follows $ref, of which nothing else stands beside it, to the schema
// and the file that it is in.
func (c *checker) resolve(s Schema) (Schema, string) {
	ref, ok := s["$ref"].(string)
	if !ok {
		return s, c.file
	}
	file, pointer, _ := strings.Cut(ref, "#/$defs/")
	if file == "" {
		file = c.file
	}
	if c.files[file] == nil {
		loaded, err := Load(file)
		if err != nil {
			c.failf(ref, "%v", err)
			return Schema{}, c.file
		}
		c.files[file] = loaded
	}
	defs, _ := c.files[file]["$defs"].(map[string]any)
	found, ok := defs[pointer].(map[string]any)
	if !ok {
		c.failf(ref, "leads nowhere")
	}
	return found, file
}

// annotations say nothing about what is valid.
var annotations = []string{"$schema", "$id", "$defs", "title", "description", "required", "examples"}

func (c *checker) check(at string, s Schema, value any) {
	before := c.file
	s, c.file = c.resolve(s)
	defer func() { c.file = before }()
	for keyword, rule := range s {
		switch keyword {
		case "type":
			if !slices.Contains(words(rule), typeOf(value)) && !(typeOf(value) == "integer" && slices.Contains(words(rule), "number")) {
				c.failf(at, "is of type %s, not %v", typeOf(value), rule)
			}
		case "enum":
			if !slices.Contains(rule.([]any), value) {
				c.failf(at, "%v is none of %v", value, rule)
			}
		case "const":
			if value != rule {
				c.failf(at, "is %v, not %v", value, rule)
			}
		case "minimum":
			if n, ok := value.(float64); ok && n < rule.(float64) {
				c.failf(at, "is %v, below %v", value, rule)
			}
		case "pattern":
			if text, ok := value.(string); ok && !regexp.MustCompile(rule.(string)).MatchString(text) {
				c.failf(at, "%q does not match %s", text, rule)
			}
		case "format":
			if text, ok := value.(string); ok {
				if when, err := time.Parse(time.RFC3339, text); rule != "date-time" || err != nil || when.Location() != time.UTC {
					c.failf(at, "%q is no time in UTC", text)
				}
			}
		case "items":
			list, _ := value.([]any)
			for i, item := range list {
				c.check(fmt.Sprintf("%s[%d]", at, i), rule.(map[string]any), item)
			}
		case "anyOf":
			c.anyOf(at, rule.([]any), value)
		case "properties":
			c.object(at, s, value)
		default:
			if !slices.Contains(annotations, keyword) {
				c.failf(at, "unknown keyword %s", keyword)
			}
		}
	}
}

func (c *checker) anyOf(at string, rules []any, value any) {
	var all []string
	for _, rule := range rules {
		one := checker{file: c.file, files: c.files}
		one.check(at, rule.(map[string]any), value)
		if len(one.problems) == 0 {
			return
		}
		all = append(all, one.problems...)
	}
	c.problems = append(c.problems, all...)
}

// object checks the properties, which all have to be there unless required
// leaves them out, and no others.
func (c *checker) object(at string, s Schema, value any) {
	object, ok := value.(map[string]any)
	if !ok {
		return
	}
	for _, key := range words(s["required"]) {
		if _, ok := object[key]; !ok {
			c.failf(at, "there is no %s", key)
		}
	}
	properties := s["properties"].(map[string]any)
	for key, v := range object {
		rule, ok := properties[key].(map[string]any)
		if !ok {
			c.failf(at, "the schema does not know %s", key)
			continue
		}
		c.check(at+"."+key, rule, v)
	}
}

// words are one string or a list of them.
func words(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var list []string
		for _, word := range v {
			list = append(list, word.(string))
		}
		return list
	}
	return nil
}

func typeOf(value any) string {
	switch v := value.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case []any:
		return "array"
	case map[string]any:
		return "object"
	case float64:
		if v == float64(int64(v)) {
			return "integer"
		}
	}
	return "number"
}
