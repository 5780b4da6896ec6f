// SPDX-License-Identifier: Apache-2.0

package secrets

import (
	"regexp"
	"strings"
	"testing"
)

func TestTokensAreUniform(t *testing.T) {
	const each = 10_000
	counts := map[byte]int{}
	for _, c := range []byte(randomText(36 * each)) {
		counts[c]++
	}
	if len(counts) != 36 {
		t.Errorf("%d different characters, want 36", len(counts))
	}
	for c, n := range counts { // seven standard deviations; a remainder of a byte would be off by thirteen
		if n < each-700 || n > each+700 {
			t.Errorf("%c appears %d times in %d", c, n, 36*each)
		}
	}
}

func TestTokenAndKeyForms(t *testing.T) {
	for range 100 {
		if token := newToken(); !tokenForm.MatchString(token) {
			t.Fatal("a token made here is not of the form")
		}
		if key := newCertificateKey(); !certificateKeyForm.MatchString(key) {
			t.Fatal("a certificate key made here is not of the form")
		}
	}
}

// keepalived reads eight characters of a password and ignores the rest.
func TestVRRPPasswords(t *testing.T) {
	form := regexp.MustCompile(`\A[a-z2-7]{8}\z`)
	seen := map[string]bool{}
	for range 100 {
		s := Secrets{CertificateKey: newCertificateKey()}
		password := s.VRRPPassword()
		if !form.MatchString(password) || seen[password] || password != s.VRRPPassword() || strings.Contains(s.CertificateKey, password) {
			t.Fatal("a VRRP password is not eight characters that belong to the certificate key")
		}
		seen[password] = true
	}
}

// FuzzToken compares the form with kubeadm's rule spelled out.
func FuzzToken(f *testing.F) {
	for _, seed := range []string{"abcdef.0123456789abcdef", "abcdef.0123456789abcdef\n", "abcdef-0123456789abcdef", "ABCDEF.0123456789abcdef", "", "."} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		id, secret, ok := strings.Cut(text, ".")
		want := ok && len(id) == 6 && len(secret) == 16 && strings.Trim(id+secret, "0123456789abcdefghijklmnopqrstuvwxyz") == ""
		for _, c := range id + secret {
			want = want && strings.ContainsRune("0123456789abcdefghijklmnopqrstuvwxyz", c)
		}
		if got := tokenForm.MatchString(text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	})
}
