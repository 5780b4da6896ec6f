// SPDX-License-Identifier: Apache-2.0

package secrets

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"sync"
	"time"
)

// The key algorithms, by the names that kubeadm gives them.
const (
	ecdsaP256 = "ECDSA-P256"
	rsa2048   = "RSA-2048"
)

const (
	day        = 24 * time.Hour
	backdate   = day // a guest's clock may be behind until its time is synchronised
	caLifetime = 10 * 365 * day
)

// authority is one of the certificate authorities: kubeadm's file name without extension, the common name that kubeadm
// gives it, and its place in Secrets.
type authority struct {
	base, commonName string
	pair             *KeyPair
}

func (s *Secrets) authorities() []authority {
	return []authority{
		{"ca", "kubernetes", &s.ClusterCA},
		{"etcd/ca", "etcd-ca", &s.EtcdCA},
		{"front-proxy-ca", "front-proxy-ca", &s.FrontProxyCA},
	}
}

// newKeys makes n keys at the same time, because finding an RSA key takes some 40 ms.
func newKeys(algorithm string, n int) ([]crypto.Signer, error) {
	keys, errs := make([]crypto.Signer, n), make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { keys[i], errs[i] = newKey(algorithm) })
	}
	wg.Wait()
	return keys, errors.Join(errs...)
}

func newKey(algorithm string) (crypto.Signer, error) {
	if algorithm == rsa2048 {
		return rsa.GenerateKey(rand.Reader, 2048)
	}
	return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
}

// newCA makes an authority as kubeadm's own NewSelfSignedCACert does, down to the DNS name.
func newCA(commonName string, key crypto.Signer, now time.Time) (KeyPair, error) {
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: commonName},
		DNSNames:              []string{commonName},
		NotBefore:             now.Add(-backdate).UTC(),
		NotAfter:              now.Add(caLifetime).UTC(),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment | x509.KeyUsageCertSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return KeyPair{}, fmt.Errorf("signing the certificate of %s: %w", commonName, err)
	}
	private, err := encodeKey(key)
	return KeyPair{Cert: encodePEM("CERTIFICATE", der), Key: private}, err
}

// newKeyPair returns a key with its public half, which is what the service accounts need.
func newKeyPair(key crypto.Signer) (KeyPair, error) {
	public, err := encodePublicKey(key.Public())
	if err != nil {
		return KeyPair{}, err
	}
	private, err := encodeKey(key)
	return KeyPair{Cert: encodePEM("PUBLIC KEY", public), Key: private}, err
}

func encodeKey(key crypto.Signer) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return encodePEM("PRIVATE KEY", der), nil
}

func encodePublicKey(key crypto.PublicKey) ([]byte, error) { return x509.MarshalPKIXPublicKey(key) }

func encodePEM(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}
