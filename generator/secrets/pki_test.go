// SPDX-License-Identifier: Apache-2.0

package secrets

import (
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestReadPKIAndAdopt(t *testing.T) {
	old, err := New(Policy{Algorithm: rsa2048, AdminGroup: "system:masters"}, today)
	if err != nil {
		t.Fatal(err)
	}
	dir := written(t, old)
	pki, errs := ReadPKI(dir, today)
	if errs != nil {
		t.Fatal(errs)
	}
	p := policy()
	p.BootstrapToken = "abcdef.0123456789abcdef"
	s, err := Adopt(pki, p, today)
	if err != nil {
		t.Fatal(err)
	}
	if errs := s.Validate(today); errs != nil {
		t.Error(errs)
	}
	if s.Fingerprint() != old.Fingerprint() || s.CACertHash() != old.CACertHash() || s.BootstrapToken != p.BootstrapToken {
		t.Error("the adopted secrets are not those of the directory and the policy")
	}
	if got := strings.Join(old.changed(s), " "); got != "admin.crt admin.key bootstrap-token certificate-key" {
		t.Errorf("changed: %s", got)
	}
	if pki.BootstrapToken != "" || pki.Admin.Key != nil {
		t.Error("Adopt changed its argument")
	}
}

func TestReadPKITakesWhatOpenSSLMakes(t *testing.T) {
	dir := t.TempDir()
	openssl(t, dir, `mkdir etcd
		for ca in ca etcd/ca; do
			openssl ecparam -name prime256v1 -genkey > $ca.key
			openssl req -x509 -new -key $ca.key -subj /CN=own -days 3650 -text > $ca.crt
		done
		openssl req -x509 -newkey rsa:2048 -noenc -keyout front-proxy-ca.key -out front-proxy-ca.crt -subj /CN=front -days 3650 2>/dev/null
		openssl genrsa -traditional -out sa.key 2048 2>/dev/null
		openssl rsa -in sa.key -RSAPublicKey_out -out sa.pub 2>/dev/null`)
	pki, errs := ReadPKI(dir, time.Now())
	if errs != nil {
		t.Fatal(errs)
	}
	s, err := Adopt(pki, policy(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if errs := s.Validate(time.Now()); errs != nil || s.Fingerprint() == "" {
		t.Error(errs)
	}
}

func TestReadPKIRefuses(t *testing.T) {
	other := made(t)
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, content []byte) func(string) error {
		return func(dir string) error { return os.WriteFile(filepath.Join(dir, name), content, 0o600) }
	}
	remove := func(name string) func(string) error {
		return func(dir string) error { return os.Remove(filepath.Join(dir, name)) }
	}
	authority := func(pair KeyPair) func(string) error {
		return func(dir string) error {
			return errors.Join(write("etcd/ca.crt", pair.Cert)(dir), write("etcd/ca.key", pair.Key)(dir))
		}
	}
	tests := []struct {
		name   string
		damage func(dir string) error
		want   string
	}{
		{"no directory", os.RemoveAll, `reading DIR: ca.crt: missing; copy it from a control plane
reading DIR: ca.key: missing; without it nodes cannot be given certificates; an authority that is kept elsewhere cannot be imported
reading DIR: etcd/ca.crt: missing; copy it from a control plane
reading DIR: etcd/ca.key: missing; without it nodes cannot be given certificates; an authority that is kept elsewhere cannot be imported
reading DIR: front-proxy-ca.crt: missing; copy it from a control plane
reading DIR: front-proxy-ca.key: missing; without it nodes cannot be given certificates; an authority that is kept elsewhere cannot be imported
reading DIR: sa.key: missing; kubeadm would replace sa.pub by a new pair
reading DIR: sa.pub: missing; kube-apiserver does not start without it (openssl pkey -in sa.key -pubout -out sa.pub)`},
		{
			"sa.pub missing", remove("sa.pub"),
			"reading DIR: sa.pub: missing; kube-apiserver does not start without it (openssl pkey -in sa.key -pubout -out sa.pub)",
		},
		{"not PEM", write("ca.key", []byte("hunter2-hunter2")), "reading DIR: ca.key: not PEM (-----BEGIN PRIVATE KEY-----)"},
		{"empty", write("ca.key", nil), "reading DIR: ca.key: the file is empty"},
		{"key of another", write("front-proxy-ca.key", other.ClusterCA.Key), "reading DIR: front-proxy-ca.key: not the key of front-proxy-ca.crt"},
		{"too large", write("sa.pub", make([]byte, maxFile+1)), "reading DIR: sa.pub: larger than 1 MiB"},
		{
			"Ed25519", authority(signed(t, ed, func(*x509.Certificate) {})),
			"reading DIR: etcd/ca.key: an Ed25519 key; kubeadm takes RSA and ECDSA keys only",
		},
		{
			"CA:FALSE", authority(signed(t, ecKey(t, elliptic.P256()), func(c *x509.Certificate) { c.IsCA = false })),
			"reading DIR: etcd/ca.crt: not a certificate authority (CA:FALSE)",
		},
		{
			"expired", authority(signed(t, ecKey(t, elliptic.P256()), func(c *x509.Certificate) { c.NotAfter = today.Add(-day) })),
			"reading DIR: etcd/ca.crt: expired at 2026-11-22 16:00 UTC",
		},
		{"directory", func(dir string) error {
			return errors.Join(remove("ca.crt")(dir), os.Mkdir(filepath.Join(dir, "ca.crt"), 0o700))
		}, "reading DIR: ca.crt: not a regular file"},
		{"pipe", func(dir string) error {
			return errors.Join(remove("ca.key")(dir), exec.Command("mkfifo", filepath.Join(dir, "ca.key")).Run())
		}, "reading DIR: ca.key: not a regular file"},
		{"several at once", func(dir string) error {
			return errors.Join(write("sa.pub", other.ServiceAccount.Cert)(dir), write("ca.key", other.ClusterCA.Key)(dir), remove("etcd/ca.key")(dir))
		}, `reading DIR: ca.key: not the key of ca.crt
reading DIR: etcd/ca.key: missing; without it nodes cannot be given certificates; an authority that is kept elsewhere cannot be imported
reading DIR: sa.pub: not the public key of sa.key`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := made(t)
			dir := written(t, s)
			if err := tt.damage(dir); err != nil {
				t.Fatal(err)
			}
			pki, errs := ReadPKI(dir, today)
			if pki != nil {
				t.Error("secrets are returned beside errors")
			}
			refused(t, s, errors.Join(errs...), strings.ReplaceAll(tt.want, "DIR", dir))
		})
	}
}

func TestReadPKIWarns(t *testing.T) {
	dir := written(t, made(t))
	pki, errs := ReadPKI(dir, today.Add(caLifetime-10*day))
	if pki == nil || len(errs) != 3 || !IsWarning(errs[0]) || errs[0].Error() != "reading "+dir+": ca.crt: expires in 10 days" {
		t.Errorf("%v", errs)
	}
}
