// SPDX-License-Identifier: Apache-2.0

//go:build linux

package guest_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// authority is a certificate authority of a test.
type authority struct {
	t    testing.TB
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t testing.TB) authority {
	t.Helper()
	a := authority{t: t}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "kubernetes"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature, IsCA: true, BasicConstraintsValid: true,
	}
	a.cert, a.key = a.sign(template, nil)
	return a
}

// sign makes a certificate with a key of its own; without an issuer it signs itself.
func (a authority) sign(template *x509.Certificate, issuer *authority) (*x509.Certificate, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	parent, signer := template, key
	if issuer != nil {
		parent, signer = issuer.cert, issuer.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		a.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return cert, key
}

// server starts an API server of this authority for 127.0.0.1, for ::1, where it then listens, or for another name, and
// returns where it listens.
func (a authority) server(name string, handler http.HandlerFunc) string {
	a.t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "kube-apiserver"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if ip := net.ParseIP(name); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{name}
	}
	cert, key := a.sign(template, &a)
	s := httptest.NewUnstartedServer(handler)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{cert.Raw}, PrivateKey: key}}, ClientAuth: tls.RequestClientCert}
	if name == "::1" {
		s.Listener.Close()
		var err error
		if s.Listener, err = net.Listen("tcp", "[::1]:0"); err != nil {
			a.t.Fatal(err)
		}
	}
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // clients that refuse a certificate are wanted here
	s.StartTLS()
	a.t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

func (a authority) pem() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw}))
}

// listen starts a server below TLS that does something with each connection.
func listen(t testing.TB, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go serve(c)
		}
	}()
	return l.Addr().String()
}

func answer(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprintln(w, "line\nreadyz check failed")
	}
}

func TestAPIAnswers(t *testing.T) {
	g := newGuest(t)
	own, foreign := newAuthority(t), newAuthority(t)
	g.write("etc/hakube/ca.crt", own.pem())
	hold := make(chan struct{})
	t.Cleanup(func() { close(hold) })
	closed := listen(t, func(c net.Conn) { c.Close() })
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	g.must(err)
	refusing := gone.Addr().String()
	gone.Close()
	for _, c := range []struct {
		name, address string
		want          int
	}{
		{"it is ready", own.server("127.0.0.1", answer(200)), 0},
		{"it is ready, and its address is of IPv6", own.server("::1", answer(200)), 0},
		{"another cluster at an address of IPv6", foreign.server("::1", answer(200)), 3},
		{"it is not ready yet", own.server("127.0.0.1", answer(500)), 0},
		{"it forbids to ask", own.server("127.0.0.1", answer(403)), 0},
		{"nothing listens", refusing, 1},
		{"a load balancer without a backend", closed, 1},
		{"a connection that is reset", listen(t, func(c net.Conn) { c.(*net.TCPConn).SetLinger(0); c.Close() }), 1},
		{"silence after the connection", listen(t, func(c net.Conn) { <-hold; c.Close() }), 2},
		{"a name that nobody knows", "no-such-host.invalid:6443", 2},
		{"another cluster", foreign.server("127.0.0.1", answer(200)), 3},
		{"a certificate for another name", own.server("other.example", answer(200)), 3},
	} {
		out, code := g.run("python3", "/usr/local/lib/hakube/api.py", "answers", c.address)
		if code != c.want {
			t.Errorf("%s: %d, want %d\n%s", c.name, code, c.want, out)
		}
	}
}

func TestAPIWaitSaysWhyNot(t *testing.T) {
	g := newGuest(t)
	own, foreign := newAuthority(t), newAuthority(t)
	g.write("etc/hakube/ca.crt", own.pem())
	for _, c := range []struct {
		name, address string
		code          int
		want          string
	}{
		{"it is ready", own.server("127.0.0.1", answer(200)), 0, ""},
		{"it is not ready", own.server("127.0.0.1", answer(500)), 1, "it answers 500: readyz check failed\n"},
		{"another cluster", foreign.server("127.0.0.1", answer(200)), 1, "certificate verify failed"},
	} {
		out, code := g.run("python3", "/usr/local/lib/hakube/api.py", "wait", "0", c.address)
		if code != c.code || !strings.Contains(out, c.want) || c.want == "" && out != "" || strings.Contains(out, "Traceback") {
			t.Errorf("%s: exit code %d, %q", c.name, code, out)
		}
	}
}

// Joining begins with cluster-info, which anybody may read, and which is of use only once it is signed for the token.
func TestAPIInvited(t *testing.T) {
	g := newGuest(t)
	own, foreign := newAuthority(t), newAuthority(t)
	g.write("etc/hakube/ca.crt", own.pem())
	clusterInfo := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/api/v1/namespaces/kube-public/configmaps/cluster-info" {
				w.WriteHeader(status)
				fmt.Fprint(w, body)
			}
		}
	}
	const signed = `{"data":{"jws-kubeconfig-abcdef":"x..y","kubeconfig":"z"}}`
	for _, c := range []struct {
		name, address string
		code          int
		want          string
	}{
		{"it is signed", own.server("127.0.0.1", clusterInfo(200, signed)), 0, ""},
		{"it is signed for another token", own.server("127.0.0.1", clusterInfo(200, strings.Replace(signed, "abcdef", "fedcba", 1))), 1, "cluster-info is not signed for the bootstrap token\n"},
		{"it has no data yet", own.server("127.0.0.1", clusterInfo(200, "{}")), 1, "cluster-info is not signed for the bootstrap token\n"},
		{"it is not there", own.server("127.0.0.1", clusterInfo(404, "")), 1, "there is no cluster-info: 404\n"},
		{"another cluster", foreign.server("127.0.0.1", clusterInfo(200, signed)), 1, "certificate verify failed"},
	} {
		out, code := g.run("python3", "/usr/local/lib/hakube/api.py", "invited", "0", c.address, "abcdef")
		if code != c.code || !strings.Contains(out, c.want) || c.want == "" && out != "" || strings.Contains(out, "Traceback") {
			t.Errorf("%s: exit code %d, %q", c.name, code, out)
		}
	}
}

// The kubelet's certificate is presented, and the Ready condition comes back in one line.
func TestAPINode(t *testing.T) {
	g := newGuest(t)
	own := newAuthority(t)
	g.write("etc/hakube/ca.crt", own.pem())
	cert, key := own.sign(&x509.Certificate{
		SerialNumber: big.NewInt(3), Subject: pkix.Name{CommonName: "system:node:cp-1"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}, &own)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	g.must(err)
	address := own.server("127.0.0.1", func(w http.ResponseWriter, r *http.Request) {
		if len(r.TLS.PeerCertificates) == 0 || r.URL.Path != "/api/v1/nodes/cp-1" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		fmt.Fprint(w, `{"status":{"nodeInfo":{"kubeletVersion":"v1.37.2"},"conditions":[{"type":"MemoryPressure","status":"False"},{"type":"Ready","status":"True","message":"kubelet is posting ready status"}]}}`)
	})
	if out, code := g.run("python3", "/usr/local/lib/hakube/api.py", "node", address, "cp-1"); code != 1 || strings.Contains(out, "Traceback") {
		t.Errorf("without a certificate: exit code %d, %q", code, out)
	}
	g.write("var/lib/kubelet/pki/kubelet-client-current.pem",
		string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}))+string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
	if out, code := g.run("python3", "/usr/local/lib/hakube/api.py", "node", address, "cp-1"); code != 0 || out != "True v1.37.2 kubelet is posting ready status\n" {
		t.Errorf("exit code %d, %q", code, out)
	}
	if out, code := g.run("python3", "/usr/local/lib/hakube/api.py", "node", address, "cp-2"); code != 1 || out != "" {
		t.Errorf("another node: exit code %d, %q", code, out)
	}
}
