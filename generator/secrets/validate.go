// SPDX-License-Identifier: Apache-2.0

package secrets

import (
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Problem is one thing that is wrong with one file of the secrets.
type Problem struct {
	File    string // as kubeadm names it below pki/, e.g. etcd/ca.key
	Message string // never holds a secret
	Warning bool   // works now, but not for long
}

// Error returns the file's name and the message.
func (p Problem) Error() string { return p.File + ": " + p.Message }

// IsWarning reports whether err is a Problem that is only a warning.
func IsWarning(err error) bool {
	p, ok := errors.AsType[Problem](err)
	return ok && p.Warning
}

// Validate returns everything that is wrong with the secrets at the time now; each error is a Problem.
func (s *Secrets) Validate(now time.Time) []error {
	problems := missing(s.slots())
	problems = append(problems, s.damage()...)
	problems = append(problems, s.authorityValidity(now)...)
	problems = append(problems, s.adminValidity(now)...)
	sortProblems(problems)
	var errs []error
	for _, p := range problems {
		errs = append(errs, p)
	}
	return errs
}

func missing(slots []slot) []Problem {
	var problems []Problem
	for _, f := range slots {
		if f.missing() {
			problems = append(problems, Problem{File: f.name, Message: "missing"})
		}
	}
	return problems
}

// damage finds what is wrong at any time with the files that are there.
func (s *Secrets) damage() []Problem {
	var problems []Problem
	for _, ca := range s.authorities() {
		problems = append(problems, ca.damage()...)
	}
	problems = append(problems, s.serviceAccountDamage()...)
	problems = append(problems, s.adminDamage()...)
	if s.BootstrapToken != "" && !tokenForm.MatchString(s.BootstrapToken) {
		problems = append(problems, Problem{File: tokenFile, Message: tokenRule})
	}
	if s.CertificateKey != "" && !certificateKeyForm.MatchString(s.CertificateKey) {
		problems = append(problems, Problem{File: certificateKeyFile, Message: certificateKeyRule})
	}
	return problems
}

func (a authority) damage() []Problem {
	cert, key, problems := checkPair(a.base, *a.pair)
	if cert == nil {
		return problems
	}
	file := a.base + ".crt"
	switch {
	case !cert.IsCA:
		problems = append(problems, Problem{File: file, Message: "not a certificate authority (CA:FALSE)"})
	case cert.KeyUsage != 0 && cert.KeyUsage&x509.KeyUsageCertSign == 0:
		problems = append(problems, Problem{File: file, Message: "its key usage does not allow it to sign certificates"})
	}
	if key != nil && !belongs(cert.PublicKey, key) {
		problems = append(problems, Problem{File: a.base + ".key", Message: "not the key of " + file})
	}
	return problems
}

// checkPair parses a certificate and its key; what is missing or damaged comes back nil.
func checkPair(base string, pair KeyPair) (cert *x509.Certificate, key crypto.Signer, problems []Problem) {
	var err error
	if len(pair.Cert) > 0 {
		if cert, err = parseCertificate(pair.Cert); err != nil {
			problems = append(problems, Problem{File: base + ".crt", Message: err.Error()})
		}
	}
	if len(pair.Key) > 0 {
		if key, err = parseKey(pair.Key); err != nil {
			problems = append(problems, Problem{File: base + ".key", Message: err.Error()})
		}
	}
	return cert, key, problems
}

func belongs(public crypto.PublicKey, private crypto.Signer) bool {
	p, ok := private.Public().(publicKey)
	return ok && p.Equal(public)
}

func (s *Secrets) serviceAccountDamage() []Problem {
	var problems []Problem
	key, keyErr := parseKey(s.ServiceAccount.Key)
	if keyErr != nil && len(s.ServiceAccount.Key) > 0 {
		problems = append(problems, Problem{File: "sa.key", Message: keyErr.Error()})
	}
	public, err := parsePublicKey(s.ServiceAccount.Cert)
	switch {
	case len(s.ServiceAccount.Cert) == 0:
	case err != nil:
		problems = append(problems, Problem{File: "sa.pub", Message: err.Error()})
	case keyErr == nil && !belongs(public, key):
		problems = append(problems, Problem{File: "sa.pub", Message: "not the public key of sa.key"})
	}
	return problems
}

func (s *Secrets) adminDamage() []Problem {
	cert, key, problems := checkPair("admin", s.Admin)
	if cert == nil {
		return problems
	}
	if key != nil && !belongs(cert.PublicKey, key) {
		problems = append(problems, Problem{File: "admin.key", Message: "not the key of admin.crt"})
	}
	if ca, err := parseCertificate(s.ClusterCA.Cert); err == nil && ca.CheckSignature(cert.SignatureAlgorithm, cert.RawTBSCertificate, cert.Signature) != nil {
		problems = append(problems, Problem{File: "admin.crt", Message: "not signed by ca.crt"})
	}
	if !slices.Contains(cert.ExtKeyUsage, x509.ExtKeyUsageClientAuth) {
		problems = append(problems, Problem{File: "admin.crt", Message: "not a certificate for clients"})
	}
	return problems
}

// authorityValidity warns a year ahead, because certificates that kubeadm signs live for a year.
func (s *Secrets) authorityValidity(now time.Time) []Problem {
	var problems []Problem
	for _, ca := range s.authorities() {
		problems = append(problems, validity(ca.base+".crt", ca.pair.Cert, now, 365*day)...)
	}
	return problems
}

func (s *Secrets) adminValidity(now time.Time) []Problem {
	return validity("admin.crt", s.Admin.Cert, now, adminRenewal)
}

// validity checks when a certificate may be used; one that cannot be parsed has been reported as damaged.
func validity(name string, text []byte, now time.Time, ahead time.Duration) []Problem {
	const minute = "2006-01-02 15:04 UTC"
	cert, err := parseCertificate(text)
	if err != nil {
		return nil
	}
	left := cert.NotAfter.Sub(now)
	switch {
	case now.Before(cert.NotBefore):
		return []Problem{{File: name, Message: fmt.Sprintf("not valid before %s; the clock here says %s",
			cert.NotBefore.UTC().Format(minute), now.UTC().Format(minute))}}
	case left < 0:
		return []Problem{{File: name, Message: "expired at " + cert.NotAfter.UTC().Format(minute)}}
	case left < ahead:
		return []Problem{{File: name, Message: fmt.Sprintf("expires in %d days", left/day), Warning: true}}
	}
	return nil
}
