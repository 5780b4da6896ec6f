// SPDX-License-Identifier: Apache-2.0

package secrets

import (
	"bytes"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestValidateNamesEveryProblem(t *testing.T) {
	other := made(t)
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	plain := func(*x509.Certificate) {}
	cut := func(text []byte) []byte { return text[:len(text)/2] }
	tests := []struct {
		name   string
		damage func(*Secrets)
		want   []string
	}{
		{"sound", func(*Secrets) {}, nil},
		{"nothing there", func(s *Secrets) { *s = Secrets{} }, []string{
			"ca.crt: missing", "ca.key: missing", "etcd/ca.crt: missing", "etcd/ca.key: missing",
			"front-proxy-ca.crt: missing", "front-proxy-ca.key: missing", "sa.key: missing", "sa.pub: missing",
			"admin.crt: missing", "admin.key: missing", "bootstrap-token: missing", "certificate-key: missing",
		}},
		{
			"key of another authority", func(s *Secrets) { s.ClusterCA.Key = other.ClusterCA.Key },
			[]string{"ca.key: not the key of ca.crt"},
		},
		{"other authority", func(s *Secrets) { s.ClusterCA = other.ClusterCA }, []string{"admin.crt: not signed by ca.crt"}},
		{
			"files swapped", func(s *Secrets) { s.EtcdCA = KeyPair{s.EtcdCA.Key, s.EtcdCA.Cert} },
			[]string{"etcd/ca.crt: holds no PEM block CERTIFICATE", "etcd/ca.key: holds no PEM block PRIVATE KEY"},
		},
		{
			"cut off", func(s *Secrets) { s.EtcdCA = KeyPair{cut(s.EtcdCA.Cert), cut(s.EtcdCA.Key)} },
			[]string{"etcd/ca.crt: the PEM block is damaged or cut off", "etcd/ca.key: the PEM block is damaged or cut off"},
		},
		{
			"not PEM", func(s *Secrets) { s.FrontProxyCA = KeyPair{[]byte("x"), []byte("y")} },
			[]string{"front-proxy-ca.crt: not PEM (-----BEGIN CERTIFICATE-----)", "front-proxy-ca.key: not PEM (-----BEGIN PRIVATE KEY-----)"},
		},
		{"PEM of something else", func(s *Secrets) {
			s.FrontProxyCA = KeyPair{encodePEM("CERTIFICATE", []byte("x")), encodePEM("PRIVATE KEY", []byte("y"))}
		}, []string{"front-proxy-ca.crt: not a certificate: malformed certificate", "front-proxy-ca.key: the PEM block does not hold a private key"}},
		{
			"Ed25519", func(s *Secrets) { s.EtcdCA = signed(t, ed, plain) },
			[]string{"etcd/ca.key: an Ed25519 key; kubeadm takes RSA and ECDSA keys only"},
		},
		{
			"P-224", func(s *Secrets) { s.EtcdCA = signed(t, ecKey(t, elliptic.P224()), plain) },
			[]string{"etcd/ca.key: an ECDSA key on P-224; Kubernetes takes P-256, P-384 and P-521"},
		},
		{"CA:FALSE", func(s *Secrets) {
			s.EtcdCA = signed(t, ecKey(t, elliptic.P256()), func(c *x509.Certificate) { c.IsCA = false })
		}, []string{"etcd/ca.crt: not a certificate authority (CA:FALSE)"}},
		{"key usage", func(s *Secrets) {
			s.EtcdCA = signed(t, ecKey(t, elliptic.P256()), func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageDigitalSignature })
		}, []string{"etcd/ca.crt: its key usage does not allow it to sign certificates"}},
		{"expired", func(s *Secrets) {
			s.EtcdCA = signed(t, ecKey(t, elliptic.P256()), func(c *x509.Certificate) { c.NotAfter = today.Add(-time.Hour) })
		}, []string{"etcd/ca.crt: expired at 2026-11-23 15:00 UTC"}},
		{"not yet valid", func(s *Secrets) {
			s.EtcdCA = signed(t, ecKey(t, elliptic.P256()), func(c *x509.Certificate) { c.NotBefore = today.Add(time.Hour) })
		}, []string{"etcd/ca.crt: not valid before 2026-11-23 17:00 UTC; the clock here says 2026-11-23 16:00 UTC"}},
		{"expires soon", func(s *Secrets) {
			s.EtcdCA = signed(t, ecKey(t, elliptic.P256()), func(c *x509.Certificate) { c.NotAfter = today.Add(100*day + time.Hour) })
		}, []string{"etcd/ca.crt: expires in 100 days (warning)"}},
		{
			"sa.pub of another key", func(s *Secrets) { s.ServiceAccount.Cert = other.ServiceAccount.Cert },
			[]string{"sa.pub: not the public key of sa.key"},
		},
		{
			"sa.pub of another kind", func(s *Secrets) { s.ServiceAccount.Cert = encodePEM("RSA PUBLIC KEY", []byte("x")) },
			[]string{"sa.pub: the PEM block does not hold a public key"},
		},
		{
			"sa.key damaged", func(s *Secrets) { s.ServiceAccount.Key = cut(s.ServiceAccount.Key) },
			[]string{"sa.key: the PEM block is damaged or cut off"},
		},
		{"admin key", func(s *Secrets) { s.Admin.Key = other.Admin.Key }, []string{"admin.key: not the key of admin.crt"}},
		{"admin is a server", func(s *Secrets) { s.Admin = s.ClusterCA }, []string{"admin.crt: not a certificate for clients"}},
		{"token", func(s *Secrets) { s.BootstrapToken += "0" }, []string{
			"bootstrap-token: not six and sixteen lower-case letters or digits with a dot between them, as in abcdef.0123456789abcdef",
		}},
		{"certificate key", func(s *Secrets) { s.CertificateKey = s.CertificateKey[1:] }, []string{"certificate-key: not 64 hexadecimal digits"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := made(t)
			whole := *s
			tt.damage(s)
			var got []string
			for _, err := range s.Validate(today) {
				keepsSecrets(t, &whole, err.Error())
				keepsSecrets(t, s, err.Error())
				text := err.Error()
				if IsWarning(err) {
					text += " (warning)"
				}
				got = append(got, text)
			}
			if strings.Join(got, "\n") != strings.Join(tt.want, "\n") {
				t.Errorf("problems\n got: %s\nwant: %s", strings.Join(got, "\n      "), strings.Join(tt.want, "\n      "))
			}
		})
	}
}

func TestValidateOverTime(t *testing.T) {
	s := made(t)
	for now, want := range map[time.Time]string{
		today.Add(-23 * time.Hour): "",
		today.Add(335 * day):       "",
		today.Add(336 * day):       "admin.crt: expires in 29 days",
		today.Add(366 * day):       "admin.crt: expired at 2027-11-23 16:00 UTC",
		today.Add(-25 * time.Hour): strings.ReplaceAll(`ca.crt: LATER
etcd/ca.crt: LATER
front-proxy-ca.crt: LATER
admin.crt: LATER`, "LATER", "not valid before 2026-11-22 16:00 UTC; the clock here says 2026-11-22 15:00 UTC"),
		today.Add(caLifetime + day): `ca.crt: expired at 2036-11-20 16:00 UTC
etcd/ca.crt: expired at 2036-11-20 16:00 UTC
front-proxy-ca.crt: expired at 2036-11-20 16:00 UTC
admin.crt: expired at 2027-11-23 16:00 UTC`,
	} {
		refused(t, s, errors.Join(s.Validate(now)...), want)
	}
}

// What is parsed never panics, and a key that is accepted is the key it says it is.
func FuzzPEM(f *testing.F) {
	s := made(f)
	for _, slot := range s.pkiSlots() {
		f.Add(*slot.pem)
	}
	f.Add([]byte("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n"))
	f.Add(bytes.Repeat([]byte("-----BEGIN EC PARAMETERS-----\nAAAA\n-----END EC PARAMETERS-----\n"), 3))
	f.Fuzz(func(t *testing.T, text []byte) {
		damaged := Secrets{
			ClusterCA: KeyPair{text, text}, EtcdCA: KeyPair{text, text}, FrontProxyCA: KeyPair{text, text},
			ServiceAccount: KeyPair{text, text}, Admin: KeyPair{text, text},
		}
		for _, err := range damaged.Validate(today) {
			if err.Error() == "" || strings.ContainsRune(err.Error(), '\n') {
				t.Errorf("an error text of no or several lines: %q", err)
			}
		}
		key, err := parseKey(text)
		if err != nil {
			return
		}
		encoded, err := encodeKey(key)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := parseKey(encoded); err != nil || !belongs(again.Public(), key) {
			t.Errorf("an accepted key is not read back: %v", err)
		}
	})
}
