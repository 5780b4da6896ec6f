// SPDX-License-Identifier: Apache-2.0

package secrets

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// publicKey is what every public key of the standard library is.
type publicKey interface {
	Equal(crypto.PublicKey) bool
}

// parseCertificate returns the first certificate, as kubeadm takes it.
func parseCertificate(text []byte) (*x509.Certificate, error) {
	for block := range blocks(text) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("not a certificate: %s", strings.TrimPrefix(err.Error(), "x509: "))
		}
		return cert, nil
	}
	return nil, lacking(text, "CERTIFICATE")
}

// parseKey returns the first private key that kubeadm would take. Its errors leave causes out, because those may quote
// the file.
func parseKey(text []byte) (crypto.Signer, error) {
	for block := range blocks(text) {
		var key any
		var err error
		switch block.Type {
		case "ENCRYPTED PRIVATE KEY":
			return nil, errEncryptedKey
		case "EC PRIVATE KEY":
			key, err = x509.ParseECPrivateKey(block.Bytes)
		case "RSA PRIVATE KEY":
			key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
		case "PRIVATE KEY":
			key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
		default: // openssl puts EC PARAMETERS before the key
			continue
		}
		switch {
		case block.Headers["DEK-Info"] != "":
			return nil, errEncryptedKey
		case err != nil:
			return nil, errors.New("the PEM block does not hold a private key")
		}
		return usableKey(key)
	}
	return nil, lacking(text, "PRIVATE KEY")
}

var errEncryptedKey = errors.New("the key is encrypted with a passphrase; kubeadm reads plain keys only (openssl pkey -in FILE -out PLAIN)")

// usableKey lets pass what kubeadm reads and TLS as Kubernetes speaks it can use.
func usableKey(key any) (crypto.Signer, error) {
	switch k := key.(type) {
	case *rsa.PrivateKey:
		return k, nil
	case *ecdsa.PrivateKey:
		if k.Curve == elliptic.P224() {
			return nil, errors.New("an ECDSA key on P-224; Kubernetes takes P-256, P-384 and P-521")
		}
		return k, nil
	case ed25519.PrivateKey:
		return nil, errors.New("an Ed25519 key; kubeadm takes RSA and ECDSA keys only")
	}
	return nil, errors.New("not a key for signatures; kubeadm takes RSA and ECDSA keys only")
}

// parsePublicKey returns the first public key, as kubeadm takes it.
func parsePublicKey(text []byte) (crypto.PublicKey, error) {
	for block := range blocks(text) {
		var key any
		var err error
		switch block.Type {
		case "PUBLIC KEY":
			key, err = x509.ParsePKIXPublicKey(block.Bytes)
		case "RSA PUBLIC KEY":
			key, err = x509.ParsePKCS1PublicKey(block.Bytes)
		default:
			continue
		}
		if err != nil {
			return nil, errors.New("the PEM block does not hold a public key")
		}
		return key, nil
	}
	return nil, lacking(text, "PUBLIC KEY")
}

// blocks yields the PEM blocks of text.
func blocks(text []byte) func(yield func(*pem.Block) bool) {
	return func(yield func(*pem.Block) bool) {
		for {
			block, rest := pem.Decode(text)
			if block == nil || !yield(block) {
				return
			}
			text = rest
		}
	}
}

// lacking says why text has no PEM block of a kind.
func lacking(text []byte, kind string) error {
	block, _ := pem.Decode(text)
	switch {
	case block != nil:
		return fmt.Errorf("holds no PEM block %s", kind)
	case bytes.Contains(text, []byte("-----BEGIN ")):
		return errors.New("the PEM block is damaged or cut off")
	}
	return fmt.Errorf("not PEM (-----BEGIN %s-----)", kind)
}
