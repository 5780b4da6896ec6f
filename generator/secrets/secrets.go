// SPDX-License-Identifier: Apache-2.0

// Package secrets makes, checks and keeps what must stay the same for the life of a cluster: its certificate
// authorities, service-account key, bootstrap token and certificate key, and the administrator's client certificate.
//
// In go a Policy and the time, or an existing /etc/kubernetes/pki; out come Secrets that kubeadm accepts, kept in a
// Store. Secrets are made once: a store that is damaged or another cluster's is an error and never a reason to make new
// ones, because new authorities lock every running node out. No error text and no formatted Secrets holds a secret.
//
// Only the stores touch the disk, and nothing here reads the clock, the terminal or the environment.
package secrets

import (
	"crypto"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// Secrets is everything confidential of one cluster. Keys and certificates are PEM; keys are PKCS#8 or the classic
// forms that kubeadm reads, RSA or ECDSA.
type Secrets struct {
	ClusterCA      KeyPair // CN kubernetes
	EtcdCA         KeyPair // CN etcd-ca
	FrontProxyCA   KeyPair // CN front-proxy-ca
	ServiceAccount KeyPair // Cert holds the public key (sa.pub)
	Admin          KeyPair // client certificate of the administrator, signed by ClusterCA

	BootstrapToken string // [a-z0-9]{6}.[a-z0-9]{16}
	CertificateKey string // 64 hexadecimal digits, an AES-256 key
}

// KeyPair is a private key in PEM and what is public of it, also in PEM.
type KeyPair struct{ Cert, Key []byte }

// Policy says which secrets New and Adopt make.
type Policy struct {
	Algorithm      string // of every key: "ECDSA-P256" or "RSA-2048"
	BootstrapToken string // empty: made at random
	CertificateKey string // empty: made at random
	AdminGroup     string // organization of the administrator's certificate
}

// New makes the secrets of a new cluster.
func New(p Policy, now time.Time) (*Secrets, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	keys, err := newKeys(p.Algorithm, 5)
	if err != nil {
		return nil, err
	}
	s := &Secrets{}
	for i, ca := range s.authorities() {
		if *ca.pair, err = newCA(ca.commonName, keys[i], now); err != nil {
			return nil, err
		}
	}
	if s.ServiceAccount, err = newKeyPair(keys[3]); err != nil {
		return nil, err
	}
	return s.completed(p, keys[4], now)
}

// Adopt returns secrets with the authorities and the service-account key of pki, which ReadPKI returned, and the rest
// made by the policy.
func Adopt(pki *Secrets, p Policy, now time.Time) (*Secrets, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	keys, err := newKeys(p.Algorithm, 1)
	if err != nil {
		return nil, err
	}
	return pki.completed(p, keys[0], now)
}

// completed returns a copy of s that has everything which is not an authority's or the service accounts'.
func (s Secrets) completed(p Policy, adminKey crypto.Signer, now time.Time) (*Secrets, error) {
	s.BootstrapToken = p.BootstrapToken
	if s.BootstrapToken == "" {
		s.BootstrapToken = newToken()
	}
	s.CertificateKey = strings.ToLower(p.CertificateKey)
	if s.CertificateKey == "" {
		s.CertificateKey = newCertificateKey()
	}
	var err error
	if s.Admin.Key, err = encodeKey(adminKey); err != nil {
		return nil, err
	}
	if s.Admin.Cert, err = s.signAdmin(p.AdminGroup, now); err != nil {
		return nil, err
	}
	return &s, nil
}

// check reports what New could not act upon.
func (p Policy) check() error {
	switch {
	case p.Algorithm != ecdsaP256 && p.Algorithm != rsa2048:
		return fmt.Errorf("key algorithm %q is not one of %s, %s", p.Algorithm, ecdsaP256, rsa2048)
	case p.BootstrapToken != "" && !tokenForm.MatchString(p.BootstrapToken):
		return fmt.Errorf("the bootstrap token given is %s", tokenRule)
	case p.CertificateKey != "" && !certificateKeyForm.MatchString(p.CertificateKey):
		return fmt.Errorf("the certificate key given is %s", certificateKeyRule)
	case p.AdminGroup == "":
		return errNoGroup
	}
	return nil
}

// CACertHash returns the discovery hash of the cluster CA, "sha256:" and 64 hexadecimal digits, or nothing when its
// certificate cannot be read.
func (s *Secrets) CACertHash() string {
	cert, err := parseCertificate(s.ClusterCA.Cert)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(cert.RawSubjectPublicKeyInfo)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Fingerprint returns 16 hexadecimal digits by which output made from these secrets is told from output made from
// others, or nothing when a certificate cannot be read. It depends on the public keys of the authorities and the service
// accounts only: it is no secret, and renewing a certificate or changing the token does not change it.
func (s *Secrets) Fingerprint() string {
	sum := sha256.New()
	for _, ca := range s.authorities() {
		cert, err := parseCertificate(ca.pair.Cert)
		if err != nil {
			return ""
		}
		sum.Write(cert.RawSubjectPublicKeyInfo)
	}
	public, err := parsePublicKey(s.ServiceAccount.Cert)
	if err != nil {
		return ""
	}
	der, err := encodePublicKey(public)
	if err != nil {
		return ""
	}
	sum.Write(der)
	return hex.EncodeToString(sum.Sum(nil)[:8])
}

// TokenID returns the public part of the bootstrap token.
func (s *Secrets) TokenID() string {
	id, _, _ := strings.Cut(s.BootstrapToken, ".")
	return id
}

// VRRPPassword returns the password of the load balancers' adverts, eight letters and digits (RFC 2338 has no room for more).
// It follows from the certificate key, so there is nothing more to keep, and tells nothing of it.
func (s *Secrets) VRRPPassword() string {
	sum := hmac.New(sha256.New, []byte(s.CertificateKey))
	sum.Write([]byte("hakube VRRP password"))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum.Sum(nil))[:8])
}

// Format writes the fingerprint whatever the verb is: secrets must not reach a log by way of %v.
func (s Secrets) Format(w fmt.State, _ rune) { fmt.Fprint(w, "secrets ", s.Fingerprint()) }

// Format writes no part of the key pair.
func (p KeyPair) Format(w fmt.State, _ rune) { fmt.Fprint(w, "key pair") }
