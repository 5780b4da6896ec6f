// SPDX-License-Identifier: Apache-2.0

// Package secrets makes, checks and keeps what must stay the same for the life of a cluster: its certificate
// authorities, service-account key, bootstrap token and certificate key, and the administrator's client certificate.
package secrets

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
