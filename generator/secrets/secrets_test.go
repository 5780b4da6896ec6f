// SPDX-License-Identifier: Apache-2.0

package secrets

import (
	"crypto/x509"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestNewMakesWhatKubeadmWouldMake(t *testing.T) {
	for _, algorithm := range []string{ecdsaP256, rsa2048} {
		t.Run(algorithm, func(t *testing.T) {
			s, err := New(Policy{Algorithm: algorithm, AdminGroup: admins}, today)
			if err != nil {
				t.Fatal(err)
			}
			if errs := s.Validate(today); errs != nil {
				t.Fatal(errs)
			}
			serials := map[string]bool{}
			for _, ca := range s.authorities() {
				cert, err := parseCertificate(ca.pair.Cert)
				if err != nil {
					t.Fatal(err)
				}
				got := fmt.Sprintln(cert.Subject, cert.Issuer, cert.DNSNames, cert.IsCA, cert.KeyUsage, cert.NotBefore, cert.NotAfter)
				want := fmt.Sprintln("CN="+ca.commonName, "CN="+ca.commonName, []string{ca.commonName}, true,
					x509.KeyUsageDigitalSignature|x509.KeyUsageKeyEncipherment|x509.KeyUsageCertSign,
					today.Add(-24*time.Hour), today.Add(87600*time.Hour)) // kubeadm's ten years
				if got != want {
					t.Errorf("%s\n got %s\nwant %s", ca.base, got, want)
				}
				serials[cert.SerialNumber.String()] = true
			}
			admin, err := parseCertificate(s.Admin.Cert)
			if err != nil {
				t.Fatal(err)
			}
			serials[admin.SerialNumber.String()] = true
			if len(serials) != 4 {
				t.Errorf("%d different serial numbers, want 4", len(serials))
			}
			if got := fmt.Sprintln(admin.Subject, admin.ExtKeyUsage, admin.IsCA, admin.NotBefore, s.AdminExpires()); got != fmt.Sprintln(
				"CN=kubernetes-admin,O=kubeadm:cluster-admins", []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, false, today.Add(-day), today.Add(365*day)) {
				t.Errorf("admin certificate: %s", got)
			}
		})
	}
}

func TestNewTakesWhatIsGiven(t *testing.T) {
	p := policy()
	p.BootstrapToken = "abcdef.0123456789abcdef"
	p.CertificateKey = strings.Repeat("AB", 32)
	s, err := New(p, today)
	if err != nil {
		t.Fatal(err)
	}
	if s.BootstrapToken != p.BootstrapToken || s.CertificateKey != strings.Repeat("ab", 32) || s.TokenID() != "abcdef" {
		t.Error("the token or the certificate key is not the given one")
	}
}

func TestNewRefuses(t *testing.T) {
	tests := []struct {
		name, want string
		change     func(*Policy)
	}{
		{"algorithm", `key algorithm "Ed25519" is not one of ECDSA-P256, RSA-2048`, func(p *Policy) { p.Algorithm = "Ed25519" }},
		{
			"token", "the bootstrap token given is not six and sixteen lower-case letters or digits with a dot between them, as in abcdef.0123456789abcdef",
			func(p *Policy) { p.BootstrapToken = "ABCDEF.0123456789abcdef" },
		},
		{"certificate key", "the certificate key given is not 64 hexadecimal digits", func(p *Policy) { p.CertificateKey = "0123456789abcdef" }},
		{"group", "the administrator's certificate needs a group", func(p *Policy) { p.AdminGroup = "" }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := policy()
			tt.change(&p)
			given := &Secrets{BootstrapToken: p.BootstrapToken, CertificateKey: p.CertificateKey}
			_, err := New(p, today)
			refused(t, given, err, tt.want)
			_, err = Adopt(made(t), p, today)
			refused(t, given, err, tt.want)
		})
	}
}

func TestFingerprintTellsSecretsApart(t *testing.T) {
	s, other := made(t), made(t)
	first := s.Fingerprint()
	if !regexp.MustCompile(`^[0-9a-f]{16}$`).MatchString(first) {
		t.Errorf("fingerprint %q", first)
	}
	if _, err := s.RenewAdmin("system:masters", today); err != nil {
		t.Fatal(err)
	}
	s.BootstrapToken = newToken()
	if s.Fingerprint() != first {
		t.Error("the fingerprint follows the token or the administrator's certificate")
	}
	for _, change := range []func(*Secrets){
		func(s *Secrets) { s.ClusterCA = other.ClusterCA },
		func(s *Secrets) { s.EtcdCA = other.EtcdCA },
		func(s *Secrets) { s.FrontProxyCA = other.FrontProxyCA },
		func(s *Secrets) { s.ServiceAccount = other.ServiceAccount },
	} {
		changed := *s
		change(&changed)
		if changed.Fingerprint() == first {
			t.Error("other keys have the same fingerprint")
		}
	}
	if empty := new(Secrets); empty.Fingerprint() != "" || empty.CACertHash() != "" || !empty.AdminExpires().IsZero() {
		t.Error("secrets that cannot be read have a fingerprint, a hash or an end")
	}
}

func TestFormattingSecretsShowsNone(t *testing.T) {
	s := made(t)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		for _, text := range []string{fmt.Sprintf(verb, s), fmt.Sprintf(verb, *s), fmt.Sprintf(verb, []any{s, s.ClusterCA})} {
			keepsSecrets(t, s, text)
			if strings.Contains(text, "45, 45, 45") || strings.Contains(text, "2d2d2d") {
				t.Errorf("%s prints PEM as numbers", verb)
			}
		}
	}
	if got := fmt.Sprint(s); got != "secrets "+s.Fingerprint() {
		t.Errorf("printed as %q", got)
	}
}

func TestRenewAdmin(t *testing.T) {
	tests := []struct {
		name    string
		group   string
		now     time.Time
		changed bool
		ends    time.Time
	}{
		{"fresh", admins, today, false, today.Add(365 * day)},
		{"30 days left", admins, today.Add(335 * day), false, today.Add(365 * day)},
		{"a second less", admins, today.Add(335*day + time.Second), true, today.Add(335*day + time.Second + 365*day)},
		{"expired", admins, today.Add(400 * day), true, today.Add(765 * day)},
		{"other group", "system:masters", today.Add(day), true, today.Add(366 * day)},
		{"the authority's last year", admins, today.Add(caLifetime - 100*day), true, today.Add(caLifetime)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := made(t)
			before := *s
			changed, err := s.RenewAdmin(tt.group, tt.now)
			if err != nil || changed != tt.changed || !s.AdminExpires().Equal(tt.ends) {
				t.Errorf("changed %v until %v, error %v", changed, s.AdminExpires(), err)
			}
			for _, name := range s.changed(&before) {
				if name != "admin.crt" {
					t.Errorf("%s changed", name)
				}
			}
			if errs := s.damage(); errs != nil {
				t.Error(errs)
			}
			if again, err := s.RenewAdmin(tt.group, tt.now); again || err != nil {
				t.Errorf("renewed twice in a row: %v", err)
			}
		})
	}
}

func TestRenewAdminRefuses(t *testing.T) {
	for want, damage := range map[string]func(*Secrets){
		"admin.crt: not PEM (-----BEGIN CERTIFICATE-----)": func(s *Secrets) { s.Admin.Cert = nil },
		"admin.key: not PEM (-----BEGIN PRIVATE KEY-----)": func(s *Secrets) { s.Admin.Key = nil },
		"ca.crt: not PEM (-----BEGIN CERTIFICATE-----)":    func(s *Secrets) { s.ClusterCA.Cert = nil },
		"ca.key: not PEM (-----BEGIN PRIVATE KEY-----)":    func(s *Secrets) { s.ClusterCA.Key = nil },
	} {
		s := made(t)
		whole := *s
		damage(s)
		_, err := s.RenewAdmin("system:masters", today)
		refused(t, &whole, err, want)
	}
	s := made(t)
	_, err := s.RenewAdmin("", today)
	refused(t, s, err, "the administrator's certificate needs a group")
}

func BenchmarkNew(b *testing.B) {
	for _, algorithm := range []string{ecdsaP256, rsa2048} {
		b.Run(algorithm, func(b *testing.B) {
			for b.Loop() {
				if _, err := New(Policy{Algorithm: algorithm, AdminGroup: admins}, today); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkLoadOrCreate is the share of the secrets in a cluster's first run, fsyncs included, and in a later one.
func BenchmarkLoadOrCreate(b *testing.B) {
	b.Run("first", func(b *testing.B) {
		parent, n := b.TempDir(), 0
		for b.Loop() {
			n++
			if _, _, err := LoadOrCreate(Dir{fmt.Sprint(parent, "/", n), "lab"}, policy(), today); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("later", func(b *testing.B) {
		dir := Dir{b.TempDir() + "/lab", "lab"}
		for b.Loop() {
			if _, _, err := LoadOrCreate(dir, policy(), today); err != nil {
				b.Fatal(err)
			}
		}
	})
}
