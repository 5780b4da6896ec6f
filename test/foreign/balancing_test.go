// SPDX-License-Identifier: Apache-2.0

//go:build foreign

package foreign

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// apiServer is a stub that answers /readyz with a status of the test's, and everything else with its own name.
type apiServer struct {
	*httptest.Server
	status atomic.Int32
}

func newAPIServer(t *testing.T, name string, status int) *apiServer {
	t.Helper()
	s := &apiServer{}
	s.status.Store(int32(status))
	s.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/readyz" {
			w.WriteHeader(int(s.status.Load()))
		}
		io.WriteString(w, name)
	}))
	t.Cleanup(s.Close)
	return s
}

// freePort is a port that nothing listens on.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// balancer is a running HAProxy.
type balancer struct {
	t         *testing.T
	api, live string // HOST:PORT
}

var serverLine = regexp.MustCompile(`(?m)^    server .*\n`)

// newBalancer runs HAProxy with a rendered configuration of which only addresses are changed: those of the API servers to
// the stubs', and its own ports to free ones.
func newBalancer(t *testing.T, d document, servers ...*apiServer) *balancer {
	t.Helper()
	b := &balancer{t, "127.0.0.1:" + freePort(t), "127.0.0.1:" + freePort(t)}
	text := serverLine.ReplaceAllString(string(d.content), "")
	for i, s := range servers {
		text += fmt.Sprintf("    server cp%d %s\n", i, s.Listener.Addr())
	}
	text = regexp.MustCompile(`bind \*:\d+`).ReplaceAllString(text, "bind "+b.api)
	text = strings.Replace(text, "bind 127.0.0.1:8404", "bind "+b.live, 1)
	path := filepath.Join(scratch(t), "haproxy.cfg")
	write(t, path, []byte(text))
	c := inGuest("haproxy", "-db", "-f", path)
	var said bytes.Buffer
	c.Stdout, c.Stderr = &said, &said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Process.Kill()
		c.Wait()
		if t.Failed() {
			t.Logf("%s: %s", d.name, said.String())
		}
	})
	return b
}

// ask returns who answers through HAProxy, or nothing.
func (b *balancer) ask() string {
	client := http.Client{Timeout: time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true,
	}}
	answer, err := client.Get("https://" + b.api + "/version")
	if err != nil {
		return ""
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(answer.Body)
	return string(body)
}

// only waits until one server alone answers ten times in a row, and returns how long that took.
func (b *balancer) only(name string) time.Duration {
	b.t.Helper()
	begin := time.Now()
	for row := 0; row < 10; {
		row++
		if got := b.ask(); got != name {
			row = 0
			time.Sleep(50 * time.Millisecond)
		}
		if time.Since(begin) > 10*time.Second {
			b.t.Fatalf("%q does not come to answer alone", name)
		}
	}
	return time.Since(begin)
}

// Both forms of the health check: an API server that answers 500 on /readyz gets no request, one that gets well does, and
// connections to one that falls ill end, because kubelets would keep theirs for hours.
func TestHAProxyMarksAnIllAPIServerDown(t *testing.T) {
	t.Parallel()
	forms := map[bool]bool{}
	for _, d := range guestFile(t, "/etc/hakube/haproxy.cfg") {
		form := bytes.Contains(d.content, []byte("http-check connect ssl"))
		if forms[form] || !bytes.Contains(d.content, []byte("monitor-uri")) {
			continue
		}
		forms[form] = true
		ill, well := newAPIServer(t, "ill", 500), newAPIServer(t, "well", 200)
		b := newBalancer(t, d, ill, well)
		b.only("well")

		kept, err := tls.Dial("tcp", b.api, &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		defer kept.Close()
		ill.status.Store(200)
		well.status.Store(500)
		took := b.only("ill")
		kept.SetReadDeadline(time.Now().Add(5 * time.Second))
		if _, err := kept.Read(make([]byte, 1)); err == nil || strings.Contains(err.Error(), "timeout") {
			t.Errorf("%s: a connection to a server that is down is kept: %v", d.name, err)
		}
		t.Logf("%s: answered by the other server alone after %s", d.name, took.Round(10*time.Millisecond))

		ill.status.Store(500)
		b.only("") // better no answer than one of an API server without its etcd
	}
	if len(forms) != 2 {
		t.Error("the examples do not have both forms of the health check beside keepalived")
	}
}

// What keepalived asks HAProxy by: alive as long as HAProxy answers, whatever is behind it.
func TestHAProxySaysThatItLives(t *testing.T) {
	t.Parallel()
	script := guestFile(t, "/usr/local/lib/hakube/haproxy-alive.py")[0].content
	for _, d := range guestFile(t, "/etc/hakube/haproxy.cfg") {
		if !bytes.Contains(d.content, []byte("monitor-uri")) {
			continue
		}
		b := newBalancer(t, d)
		_, port, _ := net.SplitHostPort(b.live)
		alive := func() bool {
			c := inGuest("python3", "-IS", "-")
			c.Stdin = bytes.NewReader(edited(t, script, "8404", port))
			return !run(t, c).failed
		}
		end := time.Now().Add(5 * time.Second)
		for !alive() {
			if time.Now().After(end) {
				t.Fatalf("%s: HAProxy does not say that it lives", d.name)
			}
			time.Sleep(50 * time.Millisecond)
		}
		port = freePort(t)
		if alive() {
			t.Errorf("%s: HAProxy lives where nothing listens", d.name)
		}
		return
	}
	t.Fatal("no example has the frontend that keepalived asks")
}
