package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// client speaks the registry's API without the manners of a tool: it pushes what
// no tool would, and skips nothing because a cache says that it is there.
type client struct {
	t    *testing.T
	host string
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

// do sends a request; path is below /v2/, or a whole URL that a registry gave.
func (c client) do(method, path, contentType string, body []byte) answer {
	c.t.Helper()
	url := path
	if !strings.HasPrefix(path, "http") {
		url = "http://" + c.host + "/v2/" + path
	}
	request, err := http.NewRequest(method, url, bytes.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	request.Header["Accept"] = []string{oci.imageType, oci.indexType, docker.imageType, docker.indexType, "*/*"}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	return answer{response.StatusCode, response.Header, data}
}

// must is do, where any other status than the wanted one is fatal.
func (c client) must(want int, method, path, contentType string, body []byte) answer {
	c.t.Helper()
	a := c.do(method, path, contentType, body)
	if a.status != want {
		c.t.Fatalf("%s %s: %d instead of %d: %s", method, path, a.status, want, a.body)
	}
	return a
}

func (c client) get(path string) answer {
	c.t.Helper()
	return c.do(http.MethodGet, path, "", nil)
}

// push uploads all of an image, its children first, and returns nothing but
// success; the reference is a tag or its digest.
func (c client) push(repo, reference string, i image) {
	c.t.Helper()
	for _, child := range i.children {
		c.push(repo, child.digest(), child)
	}
	for _, b := range i.blobs {
		c.pushBlob(repo, b.digest(), b.data)
	}
	c.must(http.StatusCreated, http.MethodPut, repo+"/manifests/"+reference, i.manifest.mediaType, i.manifest.data)
}

func (c client) pushBlob(repo, digest string, data []byte) {
	c.t.Helper()
	upload := c.startUpload(repo)
	c.must(http.StatusCreated, http.MethodPut, withQuery(upload, "digest="+digest), "application/octet-stream", data)
}

// startUpload returns where the bytes are to go.
func (c client) startUpload(repo string) string {
	c.t.Helper()
	return c.must(http.StatusAccepted, http.MethodPost, repo+"/blobs/uploads/", "", nil).header.Get("Location")
}

// interruptUpload sends part of a blob and never comes back.
func (c client) interruptUpload(repo string, data []byte) {
	c.t.Helper()
	c.must(http.StatusAccepted, http.MethodPatch, c.startUpload(repo), "application/octet-stream", data)
}

// cancelUpload has the registry drop an upload, which leaves hash states behind.
func (c client) cancelUpload(repo string) {
	c.t.Helper()
	c.must(http.StatusNoContent, http.MethodDelete, c.startUpload(repo), "", nil)
}

// mount links a blob of one repository into another.
func (c client) mount(repo, from, digest string) {
	c.t.Helper()
	c.must(http.StatusCreated, http.MethodPost, repo+"/blobs/uploads/?mount="+digest+"&from="+from, "", nil)
}

// delete removes a manifest by its digest or, where the registry can, a tag.
func (c client) delete(repo, reference string) {
	c.t.Helper()
	c.must(http.StatusAccepted, http.MethodDelete, repo+"/manifests/"+reference, "", nil)
}

// retag puts a manifest that is there under another tag.
func (c client) retag(repo, reference, tag string) {
	c.t.Helper()
	m := c.must(http.StatusOK, http.MethodGet, repo+"/manifests/"+reference, "", nil)
	c.must(http.StatusCreated, http.MethodPut, repo+"/manifests/"+tag, m.header.Get("Content-Type"), m.body)
}

// catalog names the repositories.
func (c client) catalog() []string {
	c.t.Helper()
	var list struct{ Repositories []string }
	c.decode("_catalog?n=1000", &list)
	return list.Repositories
}

// tags of a repository; a registry that answers 404 has none.
func (c client) tags(repo string) []string {
	c.t.Helper()
	if c.get(repo+"/tags/list").status == http.StatusNotFound {
		return nil
	}
	var list struct{ Tags []string }
	c.decode(repo+"/tags/list", &list)
	return list.Tags
}

func (c client) decode(path string, into any) {
	c.t.Helper()
	a := c.must(http.StatusOK, http.MethodGet, path, "", nil)
	if err := json.Unmarshal(a.body, into); err != nil {
		c.t.Fatalf("GET %s: %v: %s", path, err, a.body)
	}
}

func withQuery(url, query string) string {
	if strings.Contains(url, "?") {
		return url + "&" + query
	}
	return url + "?" + query
}
