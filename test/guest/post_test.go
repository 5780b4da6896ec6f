// SPDX-License-Identifier: Apache-2.0

//go:build linux

package guest_test

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// posted is the body of a POST.
type posted struct {
	event
	Role, Boot, Next string
	Log              []string
	Sequence         int
}

// watcher is a server that nodes post their events to.
type watcher struct {
	mu     sync.Mutex
	bodies []posted
	errors []string
}

func (w *watcher) ServeHTTP(answer http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	w.mu.Lock()
	defer w.mu.Unlock()
	var p posted
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if request.Method != http.MethodPost || request.Header.Get("Content-Type") != "application/json" || err != nil {
		w.errors = append(w.errors, request.Method+" "+request.Header.Get("Content-Type"))
	}
	if err := decoder.Decode(&p); err != nil {
		w.errors = append(w.errors, err.Error()+": "+string(body))
	}
	w.bodies = append(w.bodies, p)
}

// last returns the newest body, without its seconds and boot.
func (w *watcher) last(t *testing.T) posted {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.errors) > 0 || len(w.bodies) == 0 {
		t.Fatalf("%d events, errors %q", len(w.bodies), w.errors)
	}
	p := w.bodies[len(w.bodies)-1]
	p.Seconds, p.Boot = 0, ""
	return p
}

// newPostingGuest makes a guest whose inventory names the server.
func newPostingGuest(t *testing.T, url string) *guest {
	t.Helper()
	g := newGuest(t)
	for _, path := range []string{"lib/hakube/channels/away/http", "lib/hakube/channels/here/newest"} {
		text, err := os.ReadFile("../../templates/usr/local/" + path)
		g.must(err)
		g.write("local/"+path, string(text))
	}
	g.write("etc/hakube/node.env", environment+"HAKUBE_PROGRESS_URL='"+url+"'\n")
	return g
}

func TestEventsArePosted(t *testing.T) {
	t.Parallel()
	w := &watcher{}
	server := httptest.NewServer(w)
	defer server.Close()
	g := newPostingGuest(t, server.URL+"/events")
	g.step("a", 60, "echo \"it's \\\"odd\\\"\"; exit 3")
	g.hakube(1, "resume")
	got := w.last(t)
	if want := (event{"lab", "cp-1", "a", "failed", "exit code 3", 1, 0}); got.event != want || got.Role != "control-plane" || got.Sequence != 2 ||
		strings.Join(got.Log, "|") != `it's "odd"` || !strings.HasPrefix(got.Next, "this machine tries again in 30 s; ") {
		t.Errorf("the server has %+v", got)
	}
	g.script("a", "")
	g.hakube(0, "resume")
	if got := w.last(t); got.State != "complete" || got.Node != "cp-1" || got.Step != "" || got.Sequence != 5 {
		t.Errorf("the server has %+v", got)
	}
	g.hakube(0, "cluster", "complete", "7 nodes")
	if got := w.last(t); got.State != "complete" || got.Node != "" || got.Reason != "7 nodes" {
		t.Errorf("the server has %+v", got)
	}
	before := len(w.bodies)
	g.hakube(0, "note", "virtual-ip", "is here")
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	g.must(err)
	if len(w.bodies) != before || w.bodies[0].Boot != strings.TrimSpace(string(boot)) {
		t.Errorf("after a note %d events of %d, boot %q", len(w.bodies), before, w.bodies[0].Boot)
	}
}

// The steps go on as if there were no server.
func TestAServerThatDoesNotTakeEvents(t *testing.T) {
	t.Parallel()
	for name, down := range map[string]http.HandlerFunc{
		"hangs": func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // before that a server does not see its client go
			<-r.Context().Done()
		},
		"answers 500":  func(a http.ResponseWriter, _ *http.Request) { a.WriteHeader(http.StatusInternalServerError) },
		"breaks off":   func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"never begins": nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewUnstartedServer(down)
			url := "http://" + server.Listener.Addr().String()
			if down == nil {
				server.Listener.Close()
			} else {
				server.Start()
				defer server.Close()
			}
			g := newPostingGuest(t, url)
			g.fourSteps()
			if posts := strings.Count(g.read("tmp/ps"), "\npython3 /usr/local/lib/hakube/post.py"); posts > 1 {
				t.Errorf("%d posts at once:\n%s", posts, g.read("tmp/ps"))
			}
			began := time.Now()
			g.hakube(0, "resume")
			// 3 s for the channels, and the 5 s that the sandbox gives to who is left
			if took := time.Since(began); took > 20*time.Second {
				t.Errorf("to resume takes %v", took)
			}
		})
	}
}

func TestAServerThatComesBackGetsTheNewestEvent(t *testing.T) {
	t.Parallel()
	w := &watcher{}
	server := httptest.NewServer(w)
	defer server.Close()
	g := newPostingGuest(t, server.URL)
	g.step("a", 60, "")
	g.write("etc/hakube/node.env", environment+"HAKUBE_PROGRESS_URL='http://127.0.0.1:1'\n")
	g.hakube(0, "step", "a")
	g.write("etc/hakube/node.env", environment+"HAKUBE_PROGRESS_URL='"+server.URL+"'\n")
	g.hakube(0, "resume")
	if len(w.bodies) != 1 || w.last(t).State != "complete" {
		t.Errorf("who comes back gets %+v", w.bodies)
	}
}

func TestNotesAreNotPosted(t *testing.T) {
	t.Parallel()
	g := newPostingGuest(t, "http://127.0.0.1:1")
	g.hakube(0, "note", "virtual-ip", "is here")
	if g.read("run/hakube/channels/http") != "1\n" {
		t.Error("a machine without an event tries to post one")
	}
}

func TestEventsOverHTTPS(t *testing.T) {
	t.Parallel()
	w := &watcher{}
	server := httptest.NewTLSServer(w)
	server.Config.ErrorLog = nil
	defer server.Close()
	g := newPostingGuest(t, server.URL)
	g.step("a", 60, "")
	g.hakube(0, "step", "a")
	if len(w.bodies) > 0 {
		t.Errorf("a server that nobody vouches for gets %+v", w.bodies)
	}
	g.write("etc/hakube/certificates/1.crt", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	g.hakube(0, "resume")
	if w.last(t).State != "complete" {
		t.Errorf("the server has %+v", w.bodies)
	}
}
