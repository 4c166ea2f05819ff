package e2e

import (
	"bytes"
	"fmt"
	picture "image"
	"image/png"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/html"
)

// browser is a Chromium without a window, and without a network.
type browser struct {
	t       *testing.T
	program string
	network *deadEnd
}

// deadEnd is a proxy that has nothing, and notes down what it is asked for.
type deadEnd struct {
	net.Listener
	mutex sync.Mutex
	asked []string
}

// newBrowser skips a test where there is no Chromium.
func newBrowser(t *testing.T) *browser {
	t.Helper()
	b := &browser{t: t}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			b.program = path
			break
		}
	}
	if b.program == "" {
		t.Skip("there is no Chromium here: scripts/e2e/install installs it")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	b.network = &deadEnd{Listener: listener}
	go b.network.serve()
	return b
}

// of is the browser in a test of its own.
func (b *browser) of(t *testing.T) *browser { return &browser{t, b.program, b.network} }

// ownAffairs are what the browser asks its maker for, whatever page it shows.
var ownAffairs = regexp.MustCompile(`^\w+ (http://)?[\w.-]+\.(google|googleapis|gvt1)\.com[:/]`)

func (d *deadEnd) serve() {
	for {
		c, err := d.Accept()
		if err != nil {
			return
		}
		request := make([]byte, 4096)
		n, _ := c.Read(request)
		line, _, _ := strings.Cut(string(request[:n]), "\r\n")
		if line != "" && !ownAffairs.MatchString(line) {
			d.mutex.Lock()
			d.asked = append(d.asked, line)
			d.mutex.Unlock()
		}
		io.WriteString(c, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		c.Close()
	}
}

// requests are what was asked for since they were last looked at.
func (b *browser) requests() []string {
	b.network.mutex.Lock()
	defer b.network.mutex.Unlock()
	asked := b.network.asked
	b.network.asked = nil
	return asked
}

func (b *browser) requireSilence() {
	b.t.Helper()
	if asked := b.requests(); len(asked) > 0 {
		b.t.Errorf("the browser asked the network for %q", asked)
	}
}

// run shows an address and returns what the browser wrote.
func (b *browser) run(address string, width int, more ...string) (stdout, stderr string) {
	b.t.Helper()
	profile, err := os.MkdirTemp("", "regjanitor-e2e-browser-")
	if err != nil {
		b.t.Fatal(err)
	}
	defer os.RemoveAll(profile) // processes of it may still be ending
	args := append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--enable-logging=stderr",
		"--disable-background-networking", "--disable-component-update", "--disable-default-apps", "--disable-sync",
		"--proxy-server=http://" + b.network.Addr().String(), "--proxy-bypass-list=<-loopback>",
		"--user-data-dir=" + profile, fmt.Sprintf("--window-size=%d,1400", width),
	}, more...)
	var out, log bytes.Buffer
	cmd := exec.Command(b.program, append(args, address)...)
	cmd.Stdout, cmd.Stderr = &out, &log
	if err := cmd.Run(); err != nil {
		b.t.Fatalf("%s: %v\n%s", b.program, err, tail(log.String()))
	}
	return out.String(), log.String()
}

// document is the page as it is after its scripts have run; what a page complains
// of is a failure.
func (b *browser) document(address string, width int, more ...string) *html.Node {
	b.t.Helper()
	text, log := b.run(address, width, append(more, "--virtual-time-budget=3000", "--dump-dom")...)
	for line := range strings.Lines(log) {
		if strings.Contains(line, "CONSOLE") {
			b.t.Errorf("%s: %s", address, line)
		}
	}
	return parsed(b.t, text)
}

// screenshot is what somebody sees, in a light or a dark room.
func (b *browser) screenshot(address string, width int, dark bool) picture.Image {
	b.t.Helper()
	scheme := map[bool]string{true: "0", false: "1"}[dark]
	file := filepath.Join(b.t.TempDir(), "page.png")
	b.run(address, width, "--blink-settings=preferredColorScheme="+scheme, "--screenshot="+file)
	f, err := os.Open(file)
	if err != nil {
		b.t.Fatal(err)
	}
	defer f.Close()
	shot, err := png.Decode(f)
	if err != nil {
		b.t.Fatal(err)
	}
	return shot
}

func parsed(t *testing.T, text string) *html.Node {
	t.Helper()
	document, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return document
}

// elements are those of a name below a node.
func elements(below *html.Node, name string) (found []*html.Node) {
	for n := range below.Descendants() {
		if n.Type == html.ElementNode && n.Data == name {
			found = append(found, n)
		}
	}
	return found
}

func element(t *testing.T, below *html.Node, name, id string) *html.Node {
	t.Helper()
	for _, n := range elements(below, name) {
		if v, _ := attribute(n, "id"); v == id || id == "" {
			return n
		}
	}
	t.Fatalf("there is no %s %s", name, id)
	return nil
}

func attribute(n *html.Node, key string) (value string, there bool) {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val, true
		}
	}
	return "", false
}

func textOf(n *html.Node) string {
	var text strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			text.WriteString(d.Data)
		}
	}
	return text.String()
}
