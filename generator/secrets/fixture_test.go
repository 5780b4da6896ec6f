// SPDX-License-Identifier: Apache-2.0

package secrets

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var today = time.Date(2026, 11, 23, 16, 0, 0, 0, time.UTC)

const admins = "kubeadm:cluster-admins"

func policy() Policy { return Policy{Algorithm: ecdsaP256, AdminGroup: admins} }

// made returns new secrets.
func made(t testing.TB) *Secrets {
	t.Helper()
	s, err := New(policy(), today)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// refused compares the whole text of an error, with the test's directory written as DIR, and sees to it that no text of
// an error anywhere in this package's tests holds a secret.
func refused(t testing.TB, s *Secrets, err error, want string) {
	t.Helper()
	got := ""
	if err != nil {
		got = err.Error()
	}
	keepsSecrets(t, s, got)
	if got != want {
		t.Errorf("error text\n got: %s\nwant: %s", got, want)
	}
}

// keepsSecrets fails when text holds a line of a key, a token, or the certificate key.
func keepsSecrets(t testing.TB, s *Secrets, text string) {
	t.Helper()
	for _, f := range s.slots() {
		if !f.secret {
			continue
		}
		for line := range strings.Lines(string(f.content())) {
			line = strings.TrimSpace(line)
			if len(line) > 8 && !strings.HasPrefix(line, "-----") && strings.Contains(text, line) {
				t.Errorf("%s is in the text %q", f.name, text)
			}
		}
	}
}

// signed returns the certificate of a new authority after change, PEM, with its key.
func signed(t testing.TB, key crypto.Signer, change func(*x509.Certificate)) KeyPair {
	t.Helper()
	template := &x509.Certificate{
		NotBefore: today.Add(-day), NotAfter: today.Add(caLifetime), IsCA: true, BasicConstraintsValid: true,
	}
	change(template)
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := encodeKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return KeyPair{encodePEM("CERTIFICATE", der), private}
}

func ecKey(t testing.TB, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// written puts files below a new directory with kubeadm's permissions.
func written(t testing.TB, s *Secrets) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range s.pkiSlots() {
		path := filepath.Join(dir, f.name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.content(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// same reports whether two sets of secrets are equal to the byte.
func same(a, b *Secrets) bool { return len(a.changed(b)) == 0 }

// tree returns the contents of all files below dir, by path.
func tree(t testing.TB, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		files[strings.TrimPrefix(path, dir+"/")] = string(bytes.Clone(content))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
