package systemd

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// pushed is an image in the machine's registry.
type pushed struct {
	m                       *machine
	layer, config, manifest string // digests
	body                    []byte // of the manifest
}

func (m *machine) push(name string) pushed {
	m.t.Helper()
	p := pushed{m: m}
	config, layer := []byte(`{"os":"linux","name":"`+name+`"}`), []byte("layer of "+name)
	p.config, p.layer = m.upload(config), m.upload(layer)
	p.body = fmt.Appendf(nil, `{"schemaVersion":2,"mediaType":%q,"config":{"mediaType":%q,"digest":%q,"size":%d},"layers":[{"mediaType":%q,"digest":%q,"size":%d}]}`,
		manifestType, "application/vnd.docker.container.image.v1+json", p.config, len(config),
		"application/vnd.docker.image.rootfs.diff.tar.gzip", p.layer, len(layer))
	p.manifest = digest(p.body)
	return p
}

const manifestType = "application/vnd.docker.distribution.manifest.v2+json"

func (p pushed) tag(name string) {
	p.m.t.Helper()
	p.m.request(http.MethodPut, "http://"+p.m.address+"/v2/app/manifests/"+name, manifestType, p.body, http.StatusCreated)
}

func (m *machine) upload(content []byte) string {
	m.t.Helper()
	begun := m.request(http.MethodPost, "http://"+m.address+"/v2/app/blobs/uploads/", "", nil, http.StatusAccepted)
	m.request(http.MethodPut, begun.Header.Get("Location")+"&digest="+digest(content), "application/octet-stream", content, http.StatusCreated)
	return digest(content)
}

func (m *machine) request(method, url, kind string, body []byte, want int) *http.Response {
	m.t.Helper()
	request, err := http.NewRequest(method, url, bytes.NewReader(body))
	if err != nil {
		m.t.Fatal(err)
	}
	request.Header.Set("Content-Type", kind)
	request.Header.Set("Accept", manifestType)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		m.t.Fatal(err)
	}
	defer response.Body.Close()
	if text, _ := io.ReadAll(response.Body); response.StatusCode != want {
		m.t.Fatalf("%s %s: %s\n%s", method, url, response.Status, text)
	}
	return response
}

// requireServed: the registry is up again, and has the image.
func (m *machine) requireServed(p pushed) {
	m.t.Helper()
	m.awaitRegistry()
	m.request(http.MethodGet, "http://"+m.address+"/v2/app/manifests/latest", "", nil, http.StatusOK)
	for _, d := range []string{p.config, p.layer} {
		m.request(http.MethodGet, "http://"+m.address+"/v2/app/blobs/"+d, "", nil, http.StatusOK)
	}
}

func (m *machine) requireStored(p pushed, want bool) {
	m.t.Helper()
	for _, d := range []string{p.config, p.layer, p.manifest} {
		hex := strings.TrimPrefix(d, "sha256:")
		_, err := m.try("test", "-e", storage+"/docker/registry/v2/blobs/sha256/"+hex[:2]+"/"+hex+"/data")
		if got := err == nil; got != want {
			m.t.Errorf("blob %s is there: %v, want %v", d, got, want)
		}
	}
}

func digest(content []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(content)) }
