// SPDX-License-Identifier: Apache-2.0

package secrets

import (
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"slices"
	"time"
)

const (
	adminName     = "kubernetes-admin"
	adminLifetime = 365 * day
	adminRenewal  = 30 * day
)

var errNoGroup = errors.New("the administrator's certificate needs a group")

// AdminExpires returns when the administrator's certificate ends, or the zero time when it cannot be read.
func (s *Secrets) AdminExpires() time.Time {
	cert, err := parseCertificate(s.Admin.Cert)
	if err != nil {
		return time.Time{}
	}
	return cert.NotAfter
}

// RenewAdmin gives the administrator a new certificate when the present one is of another group or has less than 30 days
// left, and reports whether it did. The key stays, so that a store has one file to replace, which it can do atomically;
// a new key would protect nothing, for Kubernetes cannot revoke the old certificate.
func (s *Secrets) RenewAdmin(group string, now time.Time) (changed bool, err error) {
	if group == "" {
		return false, errNoGroup
	}
	cert, err := parseCertificate(s.Admin.Cert)
	if err != nil {
		return false, Problem{File: "admin.crt", Message: err.Error()}
	}
	ca, err := parseCertificate(s.ClusterCA.Cert)
	if err != nil {
		return false, Problem{File: "ca.crt", Message: err.Error()}
	}
	lasts := cert.NotAfter.Sub(now) >= adminRenewal || cert.NotAfter.Equal(ca.NotAfter)
	if lasts && slices.Equal(cert.Subject.Organization, []string{group}) {
		return false, nil
	}
	renewed, err := s.signAdmin(group, now)
	if err != nil {
		return false, err
	}
	s.Admin.Cert = renewed
	return true, nil
}

// signAdmin returns a certificate for the administrator's key that ends with the cluster CA's at the latest.
func (s *Secrets) signAdmin(group string, now time.Time) ([]byte, error) {
	ca, err := parseCertificate(s.ClusterCA.Cert)
	if err != nil {
		return nil, Problem{File: "ca.crt", Message: err.Error()}
	}
	caKey, err := parseKey(s.ClusterCA.Key)
	if err != nil {
		return nil, Problem{File: "ca.key", Message: err.Error()}
	}
	key, err := parseKey(s.Admin.Key)
	if err != nil {
		return nil, Problem{File: "admin.key", Message: err.Error()}
	}
	ends := now.Add(adminLifetime).UTC()
	if ends.After(ca.NotAfter) {
		ends = ca.NotAfter
	}
	template := &x509.Certificate{
		Subject:               pkix.Name{Organization: []string{group}, CommonName: adminName},
		NotBefore:             now.Add(-backdate).UTC(),
		NotAfter:              ends,
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca, key.Public(), caKey)
	if err != nil {
		return nil, fmt.Errorf("signing the administrator's certificate: %w", err)
	}
	return encodePEM("CERTIFICATE", der), nil
}
