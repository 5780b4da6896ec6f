// SPDX-License-Identifier: Apache-2.0

package secrets

import (
	"bytes"
	"slices"
	"strings"
)

// The files of a store that are neither certificate nor key.
const (
	tokenFile          = "bootstrap-token"
	certificateKeyFile = "certificate-key"
	clusterFile        = "cluster"
)

// slot is one file of the secrets: the name that kubeadm gives it below pki/ (or that a store gives it) and its place in
// Secrets, which is PEM or a line of text.
type slot struct {
	name   string
	secret bool
	pem    *[]byte
	line   *string
}

// slots lists the files, those of kubeadm's pki first.
func (s *Secrets) slots() []slot {
	return append(s.pkiSlots(),
		slot{name: "admin.crt", pem: &s.Admin.Cert},
		slot{name: "admin.key", pem: &s.Admin.Key, secret: true},
		slot{name: tokenFile, line: &s.BootstrapToken, secret: true},
		slot{name: certificateKeyFile, line: &s.CertificateKey, secret: true})
}

// pkiSlots lists the files that kubeadm reuses when it finds them.
func (s *Secrets) pkiSlots() []slot {
	var slots []slot
	for _, ca := range s.authorities() {
		slots = append(slots,
			slot{name: ca.base + ".crt", pem: &ca.pair.Cert},
			slot{name: ca.base + ".key", pem: &ca.pair.Key, secret: true})
	}
	return append(slots,
		slot{name: "sa.key", pem: &s.ServiceAccount.Key, secret: true},
		slot{name: "sa.pub", pem: &s.ServiceAccount.Cert})
}

func (f slot) content() []byte {
	if f.line != nil {
		return []byte(*f.line + "\n")
	}
	return *f.pem
}

func (f slot) set(content []byte) {
	if f.line != nil {
		*f.line = strings.TrimSpace(string(content))
		return
	}
	*f.pem = content
}

func (f slot) missing() bool {
	return f.line != nil && *f.line == "" || f.line == nil && len(*f.pem) == 0
}

// file is one file of a store.
type file struct {
	name    string
	content []byte
}

// storeFiles returns what a store of the cluster keeps.
func (s *Secrets) storeFiles(cluster string) []file {
	files := []file{{clusterFile, []byte(cluster + "\n")}}
	for _, f := range s.slots() {
		files = append(files, file{f.name, f.content()})
	}
	return files
}

// changed returns the names of the files in which s differs from other.
func (s *Secrets) changed(other *Secrets) []string {
	var names []string
	for i, f := range other.slots() {
		if !bytes.Equal(f.content(), s.slots()[i].content()) {
			names = append(names, f.name)
		}
	}
	return names
}

// sortProblems puts problems into the order of the files, whatever checks found them.
func sortProblems(problems []Problem) {
	order := []string{clusterFile}
	for _, f := range new(Secrets).slots() {
		order = append(order, f.name)
	}
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return slices.Index(order, a.File) - slices.Index(order, b.File)
	})
}
