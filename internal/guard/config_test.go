package guard

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const plain = `
version: 0.1
storage:
  cache: {blobdescriptor: inmemory}
  filesystem: {rootdirectory: /srv/registry}
  delete: {enabled: true}
http: {addr: ":5000", secret: x}
`

func TestReadConfigUnderstandsWhatTheRegistryDoes(t *testing.T) {
	withReadonly := plain + "" // the same, with a section more in storage
	withReadonly = strings.Replace(withReadonly, "  delete:", "  maintenance: {readonly: {enabled: false}}\n  delete:", 1)
	for _, c := range []struct {
		name    string
		yaml    string
		environ []string
		want    Config
	}{
		{"a plain one", plain, nil,
			Config{Driver: "filesystem", Root: "/srv/registry", Cache: "inmemory"}},
		{"no rootdirectory is the driver's default", "version: 0.1\nstorage: {filesystem: {maxthreads: 100}}", nil,
			Config{Driver: "filesystem", Root: "/var/lib/registry"}},
		{"a driver without parameters", "version: 0.1\nstorage:\n  filesystem:\n", nil,
			Config{Driver: "filesystem", Root: "/var/lib/registry"}},
		{"a driver by its mere name", "version: 0.1\nstorage: filesystem", nil,
			Config{Driver: "filesystem", Root: "/var/lib/registry"}},
		{"another driver", "version: 0.1\nstorage: {s3: {bucket: b}, cache: {blobdescriptor: redis}}", nil,
			Config{Driver: "s3", Cache: "redis"}},
		{"a key of another case is another key", "version: 0.1\nstorage: {filesystem: {rootDirectory: /a}}", nil,
			Config{Driver: "filesystem", Root: "/var/lib/registry"}},
		{"JSON is YAML", `{"version": "0.1", "storage": {"filesystem": {"rootdirectory": "/j"}}}`, nil,
			Config{Driver: "filesystem", Root: "/j"}},
		{"read-only", "version: 0.1\nstorage: {filesystem: {}, maintenance: {readonly: {enabled: true}}}", nil,
			Config{Driver: "filesystem", Root: "/var/lib/registry", ReadOnly: true}},
		{"read-only in the registry's YAML 1.1", "version: 0.1\nstorage: {filesystem: {}, maintenance: {readonly: {enabled: on}}}", nil,
			Config{Driver: "filesystem", Root: "/var/lib/registry", ReadOnly: true}},
		{"a pull-through cache", "version: 0.1\nstorage: filesystem\nproxy: {remoteurl: https://r.example}", nil,
			Config{Driver: "filesystem", Root: "/var/lib/registry", Proxy: "https://r.example"}},
		{"Harbor's", "version: 0.1\nstorage: filesystem\nauth: {htpasswd: {realm: harbor-registry-basic-realm, path: /p}}", nil,
			Config{Driver: "filesystem", Root: "/var/lib/registry", Foreign: "Harbor"}},
		{"Harbor's of old", "version: 0.1\nstorage: filesystem\nauth: {token: {issuer: harbor-token-issuer, service: harbor-registry}}", nil,
			Config{Driver: "filesystem", Root: "/var/lib/registry", Foreign: "Harbor"}},
		{"GitLab's with its database", "version: 0.1\nstorage: filesystem\ndatabase: {enabled: prefer}", nil,
			Config{Driver: "filesystem", Root: "/var/lib/registry", Foreign: "GitLab with its metadata database"}},
		{"GitLab's without", "version: 0.1\nstorage: filesystem\ndatabase: {enabled: false}", nil,
			Config{Driver: "filesystem", Root: "/var/lib/registry"}},

		{"the environment moves the root", plain, []string{"REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY=/env"},
			Config{Driver: "filesystem", Root: "/env", Cache: "inmemory"}},
		{"the specific comes after the general", plain, []string{"REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY=/env", "REGISTRY_STORAGE=filesystem"},
			Config{Driver: "filesystem", Root: "/env"}},
		{"the environment replaces the storage", plain, []string{"REGISTRY_STORAGE={s3: {bucket: b}}"},
			Config{Driver: "s3"}},
		{"the environment replaces the driver's parameters", plain, []string{"REGISTRY_STORAGE_FILESYSTEM={maxthreads: 50}"},
			Config{Driver: "filesystem", Root: "/var/lib/registry", Cache: "inmemory"}},
		{"the environment makes it read-only", plain, []string{`REGISTRY_STORAGE_MAINTENANCE_READONLY={"enabled":true}`},
			Config{Driver: "filesystem", Root: "/srv/registry", Cache: "inmemory", ReadOnly: true}},
		{"the environment makes it read-only, one level up", plain, []string{`REGISTRY_STORAGE_MAINTENANCE={readonly: {enabled: true}}`},
			Config{Driver: "filesystem", Root: "/srv/registry", Cache: "inmemory", ReadOnly: true}},
		{"the environment makes it writable", "version: 0.1\nstorage: {filesystem: {}, maintenance: {readonly: {enabled: true}}}",
			[]string{`REGISTRY_STORAGE_MAINTENANCE_READONLY={"enabled":false}`},
			Config{Driver: "filesystem", Root: "/var/lib/registry"}},
		{"READONLY_ENABLED is out of its reach", plain, []string{"REGISTRY_STORAGE_MAINTENANCE_READONLY_ENABLED=true"},
			Config{Driver: "filesystem", Root: "/srv/registry", Cache: "inmemory"}},
		{"READONLY_ENABLED is out of its reach with readonly in the file, too", withReadonly, []string{"REGISTRY_STORAGE_MAINTENANCE_READONLY_ENABLED=true"},
			Config{Driver: "filesystem", Root: "/srv/registry", Cache: "inmemory"}},
		{"the environment makes it a pull-through cache", plain, []string{"REGISTRY_PROXY_REMOTEURL=https://r.example"},
			Config{Driver: "filesystem", Root: "/srv/registry", Cache: "inmemory", Proxy: "https://r.example"}},
		{"the first of two variables of one name counts", plain,
			[]string{"REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY=/first", "REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY=/second"},
			Config{Driver: "filesystem", Root: "/first", Cache: "inmemory"}},
		{"other variables do nothing", plain, []string{"STORAGE=x", "REGISTRY_HTTP_ADDR=[", "REGISTRY_=", "REGISTRY_CONFIGURATION_PATH=/c.yml", "=", ""},
			Config{Driver: "filesystem", Root: "/srv/registry", Cache: "inmemory"}},
		{"the environment alone", "version: 0.1\n", []string{"REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY=/env"},
			Config{Driver: "filesystem", Root: "/env"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ReadConfig([]byte(c.yaml), c.environ)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got, cmpopts.IgnoreUnexported(Config{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReadConfigExplainsWhatItCannotRead(t *testing.T) {
	for _, c := range []struct{ name, yaml, environ, want string }{
		{"bad YAML", "version: 0.1\nstorage:\n  filesystem: {\n", "", "line 3"},
		{"a key twice", "version: 0.1\nstorage: filesystem\nstorage: s3\n", "", "line 3"},
		{"no storage", "version: 0.1\n", "", "no storage driver"},
		{"two drivers", "version: 0.1\nstorage: {s3: {}, filesystem: {}}", "", "filesystem and s3"},
		{"two drivers by the environment", plain, "REGISTRY_STORAGE_S3_BUCKET=b", "filesystem and s3"},
		{"bad YAML in the environment", plain, "REGISTRY_STORAGE_MAINTENANCE={", "REGISTRY_STORAGE_MAINTENANCE"},
		{"a list", "- version: 0.1", "", "not a mapping"},
		{"parameters that are none", "version: 0.1\nstorage: {filesystem: /srv}", "", "storage.filesystem"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ReadConfig([]byte(c.yaml), []string{c.environ})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v; want it to name %q", err, c.want)
			}
		})
	}
}

func TestReadConfigNeverShowsWhatTheFileSays(t *testing.T) {
	_, err := ReadConfig([]byte("version: 0.1\nhttp:\n  secret: hunter2\n  secret: hunter3\n"), nil)
	if err == nil || strings.Contains(err.Error(), "hunter") {
		t.Errorf("got %v; want an error without the secret", err)
	}
}

func FuzzReadConfig(f *testing.F) {
	f.Add([]byte(plain), `REGISTRY_STORAGE_MAINTENANCE_READONLY={"enabled":true}`)
	f.Add([]byte("storage: &a {filesystem: *a}"), "REGISTRY_STORAGE={}")
	f.Fuzz(func(t *testing.T, data []byte, variable string) {
		c, err := ReadConfig(data, []string{variable})
		if err == nil && (c.Driver == "" || c.Driver == Filesystem && c.Root == "") {
			t.Errorf("no error, and no driver or no root: %+v", c)
		}
	})
}
