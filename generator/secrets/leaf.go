// SPDX-License-Identifier: Apache-2.0

package secrets

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net/netip"
	"strings"
)

// EtcdPKI is what a member of an external etcd has for itself, by kubeadm's names.
type EtcdPKI struct{ Server, Peer, HealthCheck KeyPair }

// leaf is a certificate that the etcd CA signs.
type leaf struct {
	purpose, identity string // together they are the key
	commonName        string
	names             []string
	addresses         []netip.Addr
	usages            []x509.ExtKeyUsage
}

// The usages of certificates. etcd's own gateway shows the server's certificate as a client.
var (
	asClient    = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	asBothSides = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
)

// EtcdPKI returns the certificates and keys of the etcd member of this name and address. The identity decides the keys:
// another one makes others.
func (s *Secrets) EtcdPKI(identity, name string, address netip.Addr) (EtcdPKI, error) {
	local := []netip.Addr{address, netip.MustParseAddr("127.0.0.1"), netip.IPv6Loopback()}
	var pki EtcdPKI
	for _, l := range []struct {
		leaf
		pair *KeyPair
	}{
		{leaf{"server", identity, name, []string{name, "localhost"}, local, asBothSides}, &pki.Server},
		{leaf{"peer", identity, name, []string{name, "localhost"}, local, asBothSides}, &pki.Peer},
		{leaf{"healthcheck-client", identity, "kube-etcd-healthcheck-client", nil, nil, asClient}, &pki.HealthCheck},
	} {
		var err error
		if *l.pair, err = s.signLeaf(l.leaf); err != nil {
			return EtcdPKI{}, err
		}
	}
	return pki, nil
}

// EtcdClient returns the certificate and key with which the API servers of a cluster speak to an external etcd. One pair
// serves them all: kubeadm gives every control plane that joins the first one's.
func (s *Secrets) EtcdClient(identity string) (KeyPair, error) {
	return s.signLeaf(leaf{"apiserver-etcd-client", identity, "kube-apiserver-etcd-client", nil, nil, asClient})
}

// signLeaf makes a certificate without clock and chance: the same secrets give the same bytes. It begins and ends with the
// etcd CA, because nothing renews it on the machines that have it, which never see the CA's key.
func (s *Secrets) signLeaf(l leaf) (KeyPair, error) {
	ca, err := parseCertificate(s.EtcdCA.Cert)
	if err != nil {
		return KeyPair{}, Problem{File: "etcd/ca.crt", Message: err.Error()}
	}
	caKey, err := parseKey(s.EtcdCA.Key)
	if err != nil {
		return KeyPair{}, Problem{File: "etcd/ca.key", Message: err.Error()}
	}
	key, err := l.key(caKey)
	if err != nil {
		return KeyPair{}, fmt.Errorf("making the key of etcd's %s: %w", l.purpose, err)
	}
	template := &x509.Certificate{
		SerialNumber:          l.serial(ca, key),
		Subject:               pkix.Name{CommonName: l.commonName},
		DNSNames:              l.names,
		NotBefore:             ca.NotBefore,
		NotAfter:              ca.NotAfter,
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
		ExtKeyUsage:           l.usages,
		BasicConstraintsValid: true,
	}
	for _, a := range l.addresses {
		template.IPAddresses = append(template.IPAddresses, a.AsSlice())
	}
	// without a source of randomness ECDSA signs as in RFC 6979, and RSA (PKCS #1 v1.5) never uses one
	der, err := x509.CreateCertificate(nil, template, ca, key.Public(), caKey)
	if err != nil {
		return KeyPair{}, fmt.Errorf("signing the certificate of etcd's %s: %w", l.purpose, err)
	}
	private, err := encodeKey(key)
	return KeyPair{Cert: encodePEM("CERTIFICATE", der), Key: private}, err
}

// key derives the private key from the CA's, which tells nothing to who has only the result; who has the CA's key could
// sign any other. It is ECDSA whatever the CA is: etcd and the API server take it in every version.
func (l leaf) key(ca crypto.Signer) (*ecdsa.PrivateKey, error) {
	secret, err := x509.MarshalPKCS8PrivateKey(ca)
	if err != nil {
		return nil, err
	}
	// 48 bytes for a number below 2^256: what the remainder favours is too little to be told
	wide, err := hkdf.Key(sha256.New, secret, nil, "hakube-seed/v1 etcd "+l.purpose+" "+l.identity, 48)
	if err != nil {
		return nil, err
	}
	curve := elliptic.P256()
	below := new(big.Int).Sub(curve.Params().N, big.NewInt(1))
	number := new(big.Int).Mod(new(big.Int).SetBytes(wide), below)
	return ecdsa.ParseRawPrivateKey(curve, number.Add(number, big.NewInt(1)).FillBytes(make([]byte, 32)))
}

// serial is a number that no certificate of other content has.
func (l leaf) serial(ca *x509.Certificate, key *ecdsa.PrivateKey) *big.Int {
	public, _ := encodePublicKey(key.Public()) // a key on P-256 always encodes
	sum := sha256.Sum256(fmt.Appendf(nil, "%x %x %s %s %v", ca.Raw, public, l.commonName, strings.Join(l.names, ","), l.addresses))
	return new(big.Int).SetBytes(sum[:16])
}
