package guard

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"

	"regjanitor/internal/refusal"
)

// Config is what matters here of a registry's own configuration.
type Config struct {
	Driver   string // the storage driver; only "filesystem" has a tree
	Root     string // the filesystem driver's rootdirectory, as it is written
	ReadOnly bool   // storage.maintenance.readonly.enabled
	Proxy    string // proxy.remoteurl: a pull-through cache of that registry
	Cache    string // storage.cache.blobdescriptor: "inmemory", "redis" or none
	Foreign  string // the product that keeps its tags in a database, or none

	rootGiven bool // Root is not merely the default
	versioned bool // it bears a version, as every registry's does
}

// Filesystem is the storage driver that keeps a tree, and defaultRoot is where,
// unless told otherwise (distribution's filesystem/driver.go).
const (
	Filesystem  = "filesystem"
	defaultRoot = "/var/lib/registry"
)

// ReadConfig understands a registry's configuration file and, overlaid on it,
// the REGISTRY_… variables of environ, as the registry applies them. Keys that
// it does not know are none of its business; bad YAML, a key that is there
// twice included, is an error that names the line.
func ReadConfig(data []byte, environ []string) (Config, error) {
	return understand(data, environ)
}

// asLeniently is how the registry itself reads: of a key that is there twice it
// takes the last.
var asLeniently = yaml.AllowDuplicateMapKey()

func understand(data []byte, environ []string, how ...yaml.DecodeOption) (Config, error) {
	s, err := parseSections(data, how...)
	if err != nil {
		return Config{}, err
	}
	if err := s.overlay(environ); err != nil {
		return Config{}, err
	}
	c, err := s.config()
	if err == nil && c.Driver == "" {
		err = errors.New("no storage driver is configured")
	}
	return c, err
}

// Judge refuses (foreign-registry) a tree whose links are not the whole truth:
// tags in a database reach what no tag on the disk does.
func (c Config) Judge() error {
	if c.Foreign == "" {
		return nil
	}
	return refusal.New("foreign-registry", "use the garbage collection of "+c.Foreign+" itself",
		"this tree belongs to %s, which keeps its tags in a database: on the disk they are not all to be found", c.Foreign)
}

func (s *sections) config() (Config, error) {
	c := Config{versioned: s.versioned, Proxy: text(s.proxy["remoteurl"]), Foreign: s.foreign()}
	for name := range s.storage {
		switch name {
		case "maintenance", "cache", "delete", "redirect", "tag":
			continue
		}
		if c.Driver != "" {
			return Config{}, fmt.Errorf("more than one storage driver is configured: %s and %s", min(c.Driver, name), max(c.Driver, name))
		}
		c.Driver = name
	}
	if c.Driver == Filesystem {
		c.Root = defaultRoot
		var root any
		if root, c.rootGiven = s.storage[Filesystem]["rootdirectory"]; c.rootGiven {
			c.Root = fmt.Sprint(root) // as the driver does, null and numbers included
		}
		if c.Root == "" {
			c.Root = "/" // the driver joins it with absolute paths
		}
	}
	readonly, _ := s.storage["maintenance"]["readonly"].(map[string]any)
	c.ReadOnly = isTrue(readonly["enabled"])
	c.Cache = text(s.storage["cache"]["blobdescriptor"])
	if c.Cache == "" {
		c.Cache = text(s.storage["cache"]["layerinfo"]) // its name before 2.1
	}
	return c, nil
}

// foreign knows Harbor by the names that it gives to its registry's
// authentication, GitLab by the section of its metadata database.
func (s *sections) foreign() string {
	for _, parameters := range s.auth {
		for _, value := range parameters {
			if v := text(value); strings.HasPrefix(v, "harbor-registry") || v == "harbor-token-issuer" {
				return "Harbor"
			}
		}
	}
	switch enabled := text(s.database["enabled"]); {
	case enabled == "", enabled == "false", isFalseWord(enabled):
		return ""
	default: // true, or prefer
		return "GitLab with its metadata database"
	}
}

func text(value any) string {
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}

// isTrue knows the words that are booleans to the YAML 1.1 of the registry and
// strings to today's. What the registry would take for a string it does not
// start with.
func isTrue(value any) bool {
	switch v := value.(type) {
	case bool:
		return v
	case string:
		switch v {
		case "y", "Y", "yes", "Yes", "YES", "on", "On", "ON":
			return true
		}
	}
	return false
}

func isFalseWord(word string) bool {
	switch word {
	case "n", "N", "no", "No", "NO", "off", "Off", "OFF", "False", "FALSE":
		return true
	}
	return false
}
