// SPDX-License-Identifier: Apache-2.0

//go:build linux

package guest_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hakube/hakube-seed/generator/secrets"
)

const (
	etcdScript   = "/usr/local/lib/hakube/etcd.py"
	memberScript = "/usr/local/lib/hakube/etcdmember.py"
)

// etcdWorld is a network of three etcd nodes, of which e1 is the guest; every test has addresses of its own.
type etcdWorld struct {
	t       *testing.T
	secrets *secrets.Secrets
	prefix  string

	mu    sync.Mutex
	asked []string // what the guest posted to members
}

var worlds atomic.Int32

func newEtcdWorld(t *testing.T) *etcdWorld {
	t.Helper()
	s, err := secrets.New(secrets.Policy{Algorithm: "ECDSA-P256", AdminGroup: "admins"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return &etcdWorld{t: t, secrets: s, prefix: fmt.Sprintf("127.79.%d.", worlds.Add(1))}
}

func (w *etcdWorld) address(n int) string { return fmt.Sprintf("%s%d", w.prefix, n) }

// members are the nodes as node.env has them.
func (w *etcdWorld) members(n int) []string {
	var members []string
	for i := 1; i <= n; i++ {
		members = append(members, fmt.Sprintf("e%d=%s", i, w.address(i)))
	}
	return members
}

func (w *etcdWorld) pki(n int) secrets.EtcdPKI {
	w.t.Helper()
	pki, err := w.secrets.EtcdPKI(fmt.Sprint(n), fmt.Sprintf("e%d", n), netip.MustParseAddr(w.address(n)))
	if err != nil {
		w.t.Fatal(err)
	}
	return pki
}

// guest is e1, with what its medium brings.
func (w *etcdWorld) guest() *guest {
	g, pki := newGuest(w.t), w.pki(1)
	for name, content := range map[string][]byte{
		"ca.crt": w.secrets.EtcdCA.Cert, "peer.crt": pki.Peer.Cert, "peer.key": pki.Peer.Key,
		"healthcheck-client.crt": pki.HealthCheck.Cert, "healthcheck-client.key": pki.HealthCheck.Key,
	} {
		g.write("etc/kubernetes/pki/etcd/"+name, string(content))
	}
	g.write("etc/hakube/ca.crt", string(w.secrets.ClusterCA.Cert))
	return g
}

// tls is what both sides of a connection to etcd want of the other.
func (w *etcdWorld) tls(own secrets.KeyPair) *tls.Config {
	pair, err := tls.X509KeyPair(own.Cert, own.Key)
	if err != nil {
		w.t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(w.secrets.EtcdCA.Cert)
	return &tls.Config{Certificates: []tls.Certificate{pair}, RootCAs: pool, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert}
}

// serve answers on a port of member n, by path; what is posted is kept.
func (w *etcdWorld) serve(n, port int, answers map[string]string) {
	w.t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(w.address(n), fmt.Sprint(port)))
	if err != nil {
		w.t.Fatal(err)
	}
	server := &http.Server{ErrorLog: log.New(io.Discard, "", 0), Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			body, _ := io.ReadAll(r.Body)
			w.mu.Lock()
			w.asked = append(w.asked, r.URL.Path+" "+string(body))
			w.mu.Unlock()
		}
		text, ok := answers[r.URL.Path]
		if !ok {
			http.NotFound(rw, r)
			return
		}
		if rest, refused := strings.CutPrefix(text, "refuse "); refused {
			rw.WriteHeader(http.StatusServiceUnavailable)
			text = rest
		}
		fmt.Fprint(rw, text)
	})}
	go func() { _ = server.Serve(tls.NewListener(l, w.tls(w.pki(n).Server))) }()
	w.t.Cleanup(func() { server.Close() })
}

// member is how a list of members names node n; a member that has started has client URLs.
func (w *etcdWorld) member(n int, more string) string {
	return fmt.Sprintf(`{"ID":"%d","name":"e%d","peerURLs":["https://%s:2380"]%s}`, n, n, w.address(n), more)
}

const started = `,"clientURLs":["https://here:2379"]`

const (
	listPath, addPath, removePath = "/v3/cluster/member/list", "/v3/cluster/member/add", "/v3/cluster/member/remove"
	well                          = `{"health":"true"}`
	fresh                         = `{"fresh": true}`
)

// list is what /members on the peer port answers; wrapped is the same from the API.
func list(members ...string) string    { return "[" + strings.Join(members, ",") + "]" }
func wrapped(members ...string) string { return `{"members":` + list(members...) + `}` }

func TestHowAnEtcdMemberBegins(t *testing.T) {
	const silence = "Connection refused"
	for name, c := range map[string]struct {
		nodes int
		world func(w *etcdWorld)
		want  string // "new", "existing" with NAMEs for their URLs, or the reason
		asked []string
	}{
		"the only member":                {1, func(*etcdWorld) {}, "new", nil},
		"nobody else is on":              {3, func(*etcdWorld) {}, "e2 (@2): " + silence + "; e3 (@3): " + silence, nil},
		"another has not started either": {3, func(w *etcdWorld) { w.serve(2, 2380, map[string]string{"/members": fresh}) }, "new", nil},
		"another waits for this one": {3, func(w *etcdWorld) {
			w.serve(2, 2380, map[string]string{"/members": list(w.member(1, ""), w.member(2, ""), w.member(3, ""))})
		}, "new", nil},
		"one of five is not enough": {5, func(w *etcdWorld) {
			w.serve(2, 2380, map[string]string{"/members": fresh})
		}, "e3 (@3): " + silence + "; e4 (@4): " + silence + "; e5 (@5): " + silence, nil},
		"two of five are": {5, func(w *etcdWorld) {
			w.serve(2, 2380, map[string]string{"/members": fresh})
			w.serve(5, 2380, map[string]string{"/members": fresh})
		}, "new", nil},
		"its disk was lost and the others have no majority": {3, func(w *etcdWorld) {
			w.serve(2, 2380, map[string]string{"/members": list(w.member(1, started), w.member(2, started), w.member(3, started))})
		}, "e2 (@2): it knows an etcd whose majority does not answer; e3 (@3): " + silence, nil},
		"it was removed and the others have no majority": {3, func(w *etcdWorld) {
			w.serve(2, 2380, map[string]string{"/members": list(w.member(2, started), w.member(3, started))})
		}, "e2 (@2): it knows an etcd whose majority does not answer; e3 (@3): " + silence, nil},
		"something that is no etcd": {3, func(w *etcdWorld) {
			w.serve(2, 2380, map[string]string{"/members": `{"message":"hello"}`})
		}, "e2 (@2): it knows an etcd whose majority does not answer; e3 (@3): " + silence, nil},
		"it comes late": {3, func(w *etcdWorld) {
			w.serve(2, 2379, map[string]string{"/health": well, listPath: wrapped(w.member(1, ""), w.member(2, started), w.member(3, started))})
		}, "existing e1,e2,e3", []string{listPath + ` {"linearizable": true}`}},
		"its disk was lost": {3, func(w *etcdWorld) {
			w.serve(3, 2379, map[string]string{
				"/health": well, listPath: wrapped(w.member(1, started), w.member(2, started), w.member(3, started)),
				removePath: "{}", addPath: `{"member":{"ID":"9"},` + strings.TrimPrefix(wrapped(w.member(2, started), w.member(3, started), strings.Replace(w.member(1, ""), `"name":"e1",`, "", 1)), "{"),
			})
		}, "existing e2,e3,e1", []string{listPath + ` {"linearizable": true}`, removePath + ` {"ID": "1"}`, addPath + ` {"peerURLs": ["https://@1:2380"]}`}},
		"its disk was lost, and it was cut off when its old member was gone": {3, func(w *etcdWorld) {
			w.serve(3, 2379, map[string]string{"/health": well, listPath: wrapped(w.member(2, started), w.member(3, started)), addPath: wrapped(w.member(2, started), w.member(1, ""))})
		}, "existing e2,e1", []string{listPath + ` {"linearizable": true}`, addPath + ` {"peerURLs": ["https://@1:2380"]}`}},
		"the others refuse": {3, func(w *etcdWorld) {
			w.serve(3, 2379, map[string]string{"/health": well, listPath: wrapped(w.member(1, started)), removePath: `refuse {"message":"etcdserver: unhealthy cluster"}`})
		}, "this machine cannot take its place: it refuses: etcdserver: unhealthy cluster", []string{listPath + ` {"linearizable": true}`, removePath + ` {"ID": "1"}`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newEtcdWorld(t)
			c.world(w)
			g := w.guest()
			out, code := g.run(append([]string{"python3", memberScript, "0", "e1", w.prefix + "200:6443"}, w.members(c.nodes)...)...)
			got := strings.TrimSpace(out)
			for i := 1; i <= c.nodes; i++ {
				got = strings.ReplaceAll(got, fmt.Sprintf("e%d=https://%s:2380", i, w.address(i)), fmt.Sprintf("e%d", i))
			}
			got = strings.ReplaceAll(got, w.prefix, "@")
			decided := c.want == "new" || strings.HasPrefix(c.want, "existing ")
			if got != c.want || (code == 0) != decided {
				t.Errorf("exit code %d, %q, want %q", code, got, c.want)
			}
			if asked := strings.ReplaceAll(strings.Join(w.asked, "\n"), w.prefix, "@"); asked != strings.Join(c.asked, "\n") {
				t.Errorf("asked %s, want %s", asked, strings.Join(c.asked, "\n"))
			}
		})
	}
}

// A lost majority of etcd under a living cluster is no first start, whoever is fresh.
func TestEtcdDoesNotBeginAnewUnderALivingCluster(t *testing.T) {
	w := newEtcdWorld(t)
	g := w.guest()
	own := newAuthority(t)
	g.write("etc/hakube/ca.crt", own.pem())
	server := own.server("127.0.0.1", answer(http.StatusInternalServerError))
	w.serve(2, 2380, map[string]string{"/members": fresh})
	out, code := g.run(append([]string{"python3", memberScript, "0", "e1", w.prefix + "200:6443," + server}, w.members(3)...)...)
	if code != 1 || !strings.HasPrefix(out, "the cluster's API answers at "+server+", so there is an etcd already, and no member of it answers: ") {
		t.Errorf("exit code %d: %s", code, out)
	}
}

// A member that has not started says so to the others, and to nobody else.
func TestAnEtcdMemberSaysThatItHasNotStarted(t *testing.T) {
	w := newEtcdWorld(t)
	g := w.guest()
	begin := g.command(append([]string{"python3", memberScript, "60", "e1", w.prefix + "200:6443"}, w.members(3)...)...)
	g.must(begin.Start())
	get := func(client secrets.KeyPair) (string, error) {
		config := w.tls(client)
		if client.Cert == nil {
			config.Certificates = nil
		}
		c := http.Client{Transport: &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}, Timeout: 5 * time.Second}
		answer, err := c.Get("https://" + w.address(1) + ":2380/members")
		if err != nil {
			return "", err
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		return string(text), err
	}
	var text string
	var err error
	for range 100 {
		if text, err = get(w.pki(2).HealthCheck); err == nil {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if err != nil || text != fresh {
		t.Errorf("%q, %v", text, err)
	}
	stranger := newEtcdWorld(t)
	if text, err := get(stranger.pki(2).HealthCheck); err == nil {
		t.Errorf("who has a certificate of another etcd is told %q", text)
	}
	w.serve(2, 2380, map[string]string{"/members": fresh})
	if err := begin.Wait(); err != nil {
		t.Errorf("it does not begin when the second is there: %v", err)
	}
}

func TestEtcdQuorumNamesWhoDoesNotAnswer(t *testing.T) {
	w := newEtcdWorld(t)
	g := w.guest()
	ask := func() (string, int) {
		out, code := g.run(append([]string{"python3", etcdScript, "quorum", "0"}, w.members(3)...)...)
		return strings.ReplaceAll(strings.TrimSpace(out), w.prefix, "@"), code
	}
	w.serve(1, 2379, map[string]string{"/health": `{"health":"false","reason":"RAFT NO LEADER"}`})
	if out, code := ask(); code != 1 || out != "no member serves: e1 (@1): it has no majority: RAFT NO LEADER; e2 (@2): Connection refused; e3 (@3): Connection refused" {
		t.Errorf("exit code %d: %s", code, out)
	}
	w.serve(2, 2379, map[string]string{"/health": well, listPath: wrapped(w.member(1, ""), w.member(2, started), w.member(3, started+`,"isLearner":true`))})
	if out, code := ask(); code != 0 || out != "going on without e1 (@1): it has no majority: RAFT NO LEADER; e3 (@3): Connection refused" {
		t.Errorf("exit code %d: %s", code, out)
	}
	if out, code := g.run(append([]string{"python3", etcdScript, "voters"}, w.members(3)...)...); code != 0 || out != "1\n" {
		t.Errorf("voters: exit code %d: %s", code, out)
	}
	foreign := newEtcdWorld(t)
	foreign.prefix = w.prefix
	foreign.serve(3, 2379, map[string]string{"/health": well})
	if out, code := ask(); code != 0 || !strings.Contains(out, "e3 (@3): ") || !strings.Contains(strings.ToLower(out), "certificate") {
		t.Errorf("a member of another etcd: exit code %d: %s", code, out)
	}
}

// etcdStep prepares the etcd step with a script in place of the questions to other members.
func etcdStep(t *testing.T, answer string) *guest {
	g := newGuest(t)
	g.write("etc/hakube/node.env", strings.NewReplacer("control-plane", "etcd", "HAKUBE_ETCD=''", "HAKUBE_ETCD='e1=10.0.0.11 e2=10.0.0.12'").Replace(environment))
	g.write("etc/hakube/etcd.yaml", "    - --name=e1\n    - --initial-cluster=e1=https://a:2380,e2=https://b:2380\n    - --initial-cluster-state=new\n    - --initial-cluster-token=t\n")
	g.write("etc/hakube/pki/etcd/server.key", "key")
	g.write("etc/hakube/kubelet.service.conf", "[Service]\n")
	g.stub("python3", `case $1 in -c) exit 0 ;; esac
`+answer)
	return g
}

const placed = "etc/kubernetes/manifests/etcd.yaml"

func TestTheEtcdStepPlacesTheManifest(t *testing.T) {
	const first = "    - --name=e1\n    - --initial-cluster=e1=https://a:2380,e2=https://b:2380\n    - --initial-cluster-state=new\n    - --initial-cluster-token=t\n"
	const joining = "    - --name=e1\n    - --initial-cluster=e2=https://b:2380,e1=https://a:2380\n    - --initial-cluster-state=existing\n    - --initial-cluster-token=t\n"
	const asks = "python3 /usr/local/lib/hakube/etcdmember.py 3000 cp-1 lb:6443,10.0.0.12:6443,10.0.0.13:6443 e1=10.0.0.11 e2=10.0.0.12\n"
	for name, c := range map[string]struct {
		answer, before, want string
		data, asked          bool
	}{
		"one of the first":            {"echo new", "", first, false, true},
		"one that joins":              {"echo existing e2=https://b:2380,e1=https://a:2380", "", joining, false, true},
		"cut off before etcd had run": {"exit 1", joining, joining, false, false},
		"the data are there":          {"exit 1", joining, joining, true, false},
		"a new machine with its data": {"exit 1", "", first, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := etcdStep(t, c.answer)
			if c.before != "" {
				g.write(placed, c.before)
			}
			if c.data {
				g.write("var/lib/etcd/member/wal/0", "")
			}
			out, code, reason := g.runStep("etcd")
			if code != 0 || g.read(placed) != c.want {
				t.Errorf("exit code %d, reason %q, manifest:\n%s\n%s", code, reason, g.read(placed), out)
			}
			if strings.Contains(g.calls(), asks) != c.asked || !strings.Contains(g.calls(), "systemctl restart kubelet\n") {
				t.Errorf("calls: %s", g.calls())
			}
			if g.read("etc/kubernetes/pki/etcd/server.key") != "key" || g.read("etc/systemd/system/kubelet.service.d/20-hakube-etcd.conf") == "" {
				t.Error("the keys, or the kubelet's settings, are not in place")
			}
		})
	}
}

func TestTheEtcdStepSaysWhyItDoesNotBegin(t *testing.T) {
	g := etcdStep(t, `echo "e2 (10.0.0.12): Connection refused"; exit 1`)
	if _, code, reason := g.runStep("etcd"); code != 1 || reason != "etcd does not start here: e2 (10.0.0.12): Connection refused" || g.read(placed) != "" {
		t.Errorf("exit code %d, reason %q", code, reason)
	}
}
