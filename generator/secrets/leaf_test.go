// SPDX-License-Identifier: Apache-2.0

package secrets

import (
	"bytes"
	"crypto/x509"
	"net/netip"
	"testing"
)

func etcdPKI(t *testing.T, s *Secrets, identity string) EtcdPKI {
	t.Helper()
	pki, err := s.EtcdPKI(identity, "etcd1", netip.MustParseAddr("10.1.10.111"))
	if err != nil {
		t.Fatal(err)
	}
	return pki
}

func etcdClient(t *testing.T, s *Secrets, identity string) KeyPair {
	t.Helper()
	client, err := s.EtcdClient(identity)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// Both ends of every connection of etcd accept the certificates, whatever the algorithm of the CA is.
func TestEtcdLeavesServeTheirPurpose(t *testing.T) {
	for _, algorithm := range []string{ecdsaP256, rsa2048} {
		s, err := New(Policy{Algorithm: algorithm, AdminGroup: admins}, today)
		if err != nil {
			t.Fatal(err)
		}
		ca, err := parseCertificate(s.EtcdCA.Cert)
		if err != nil {
			t.Fatal(err)
		}
		roots := x509.NewCertPool()
		roots.AddCert(ca)
		pki := etcdPKI(t, s, "lab.etcd1")
		for name, l := range map[string]struct {
			pair   KeyPair
			server bool
		}{
			"server": {pki.Server, true}, "peer": {pki.Peer, true},
			"healthcheck-client": {pki.HealthCheck, false}, "apiserver-etcd-client": {etcdClient(t, s, "lab"), false},
		} {
			cert, key, problems := checkPair(name, l.pair)
			if problems != nil || !belongs(cert.PublicKey, key) {
				t.Fatalf("%s with %s: %v", name, algorithm, problems)
			}
			if _, err := cert.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: today, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}); err != nil {
				t.Errorf("%s with %s: as a client: %v", name, algorithm, err)
			}
			for _, host := range []string{"etcd1", "localhost", "10.1.10.111", "127.0.0.1", "::1"} {
				_, err := cert.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: today, DNSName: host, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
				if (err == nil) != l.server {
					t.Errorf("%s with %s: as %s: %v", name, algorithm, host, err)
				}
			}
			if !cert.NotBefore.Equal(ca.NotBefore) || !cert.NotAfter.Equal(ca.NotAfter) || cert.IsCA {
				t.Errorf("%s with %s: from %s to %s, CA %v", name, algorithm, cert.NotBefore, cert.NotAfter, cert.IsCA)
			}
		}
	}
}

func TestEtcdLeavesAreTheSameEveryTime(t *testing.T) {
	for _, algorithm := range []string{ecdsaP256, rsa2048} {
		s, err := New(Policy{Algorithm: algorithm, AdminGroup: admins}, today)
		if err != nil {
			t.Fatal(err)
		}
		first, again := etcdPKI(t, s, "lab.etcd1"), etcdPKI(t, s, "lab.etcd1")
		for i, pair := range [][2]KeyPair{{first.Server, again.Server}, {first.Peer, again.Peer}, {first.HealthCheck, again.HealthCheck}, {etcdClient(t, s, "lab"), etcdClient(t, s, "lab")}} {
			if !bytes.Equal(pair[0].Cert, pair[1].Cert) || !bytes.Equal(pair[0].Key, pair[1].Key) {
				t.Errorf("%s: certificate %d or its key is another the second time", algorithm, i)
			}
		}
	}
}

// No two purposes, members or clusters share a key or a serial number.
func TestEtcdLeavesAreAllDifferent(t *testing.T) {
	keys, serials := map[string]bool{}, map[string]bool{}
	count := 0
	for range 2 {
		s := made(t)
		pairs := []KeyPair{etcdClient(t, s, "lab"), etcdClient(t, s, "other")}
		for _, identity := range []string{"lab.etcd1", "lab.etcd2"} {
			pki := etcdPKI(t, s, identity)
			pairs = append(pairs, pki.Server, pki.Peer, pki.HealthCheck)
		}
		for _, p := range pairs {
			cert, err := parseCertificate(p.Cert)
			if err != nil {
				t.Fatal(err)
			}
			keys[string(p.Key)], serials[cert.SerialNumber.String()] = true, true
			count++
		}
	}
	if len(keys) != count || len(serials) != count {
		t.Errorf("%d pairs have %d keys and %d serial numbers", count, len(keys), len(serials))
	}
}

func TestEtcdLeavesNeedTheCA(t *testing.T) {
	s := made(t)
	s.EtcdCA.Key = []byte("no key")
	_, err := s.EtcdClient("lab")
	refused(t, s, err, "etcd/ca.key: not PEM (-----BEGIN PRIVATE KEY-----)")
}
