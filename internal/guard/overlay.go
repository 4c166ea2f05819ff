package guard

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// sections are the parts of a registry's configuration that are looked at, in
// the shapes that decide what the environment can reach in them.
type sections struct {
	versioned       bool
	storage, auth   map[string]parameters
	proxy, database parameters
}

type parameters = map[string]any

func parseSections(data []byte, how ...yaml.DecodeOption) (*sections, error) {
	value, err := parseYAML(data, how...)
	if err != nil {
		return nil, err
	}
	file, ok := value.(map[string]any)
	if !ok && value != nil {
		return nil, errors.New("the configuration is not a mapping")
	}
	s := new(sections)
	s.versioned = file["version"] != nil
	for name, value := range file {
		if err := s.set(name, value); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// set replaces a whole section.
func (s *sections) set(name string, value any) (err error) {
	switch name {
	case "storage":
		s.storage, err = tableOf(name, value)
	case "auth":
		s.auth, err = tableOf(name, value)
	case "proxy":
		s.proxy, err = parametersOf(name, value)
	case "database":
		s.database, err = parametersOf(name, value)
	}
	return err
}

// tableOf reads a section of named parameters; a mere word is a name without
// any.
func tableOf(section string, value any) (map[string]parameters, error) {
	table := map[string]parameters{}
	switch v := value.(type) {
	case nil:
	case string:
		table[v] = nil
	case map[string]any:
		for name, value := range v {
			p, err := parametersOf(section+"."+name, value)
			if err != nil {
				return nil, err
			}
			table[name] = p
		}
	default:
		return nil, fmt.Errorf("%s is neither a name nor a mapping", section)
	}
	return table, nil
}

func parametersOf(name string, value any) (parameters, error) {
	if value == nil {
		return nil, nil
	}
	p, ok := value.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%s is not a mapping", name)
	}
	return p, nil
}

const environmentPrefix = "REGISTRY_"

// overlay applies the environment as distribution's configuration/parser.go
// does: in the order of the names, so that the specific comes after the
// general, and each value is YAML.
func (s *sections) overlay(environ []string) error {
	values := map[string]string{}
	for _, variable := range environ {
		name, value, _ := strings.Cut(variable, "=")
		if _, twice := values[name]; !twice { // Go, too, takes the first
			values[name] = value
		}
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		rest, ok := strings.CutPrefix(name, environmentPrefix)
		if !ok {
			continue
		}
		if err := s.override(strings.Split(rest, "_"), values[name]); err != nil {
			return fmt.Errorf("parse environment variable %s: %w", name, err)
		}
	}
	return nil
}

func (s *sections) override(path []string, payload string) error {
	switch path[0] {
	case "STORAGE", "AUTH", "PROXY", "DATABASE":
	default:
		return nil
	}
	value, err := parseYAML([]byte(payload))
	if err != nil {
		return err
	}
	section := strings.ToLower(path[0])
	if len(path) == 1 {
		return s.set(section, value)
	}
	switch section {
	case "storage":
		s.storage, err = overrideTable(s.storage, path[1:], value)
	case "auth":
		s.auth, err = overrideTable(s.auth, path[1:], value)
	case "proxy":
		s.proxy = overrideParameter(s.proxy, path[1:], value)
	case "database":
		s.database = overrideParameter(s.database, path[1:], value)
	}
	return err
}

// overrideTable replaces a name's parameters, or one of them.
func overrideTable(table map[string]parameters, path []string, value any) (map[string]parameters, error) {
	if table == nil {
		table = map[string]parameters{}
	}
	if len(path) == 1 {
		p, err := parametersOf(path[0], value)
		table[strings.ToLower(path[0])] = p
		return table, err
	}
	for name, p := range table {
		if strings.ToUpper(name) == path[0] && p != nil {
			overrideParameter(p, path[1:], value)
			return table, nil
		}
	}
	table[strings.ToLower(path[0])] = overrideParameter(nil, path[1:], value)
	return table, nil
}

// overrideParameter replaces one parameter. What lies deeper is not in reach of
// the environment: the registry ignores the variable where the file has the
// parameter, and where it has not, makes a mapping of it that it then cannot
// use. So …_MAINTENANCE_READONLY_ENABLED never makes a registry read-only.
func overrideParameter(p parameters, path []string, value any) parameters {
	if p == nil {
		p = parameters{}
	}
	name := strings.ToLower(path[0])
	if len(path) == 1 {
		p[name] = value
	} else if p[name] == nil {
		p[name] = "out of reach"
	}
	return p
}

// parseYAML never quotes the text: a configuration holds passwords.
func parseYAML(data []byte, how ...yaml.DecodeOption) (any, error) {
	var value any
	err := yaml.UnmarshalWithOptions(data, &value, how...)
	var located yaml.Error
	if errors.As(err, &located) && located.GetToken() != nil {
		return nil, fmt.Errorf("line %d: %s", located.GetToken().Position.Line, located.GetMessage())
	}
	return value, err
}
