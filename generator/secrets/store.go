// SPDX-License-Identifier: Apache-2.0

package secrets

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"
)

// Store keeps the secrets of one cluster.
type Store interface {
	// Load returns the secrets, or an error that is fs.ErrNotExist only when the store has never held any: a store
	// that is damaged, incomplete or another cluster's is a different error.
	Load() (*Secrets, error)
	// Create keeps secrets in a store that has none; when another process was first, its error is fs.ErrExist.
	Create(*Secrets) error
	// Replace keeps secrets that differ from the stored ones in the administrator's certificate at most.
	Replace(*Secrets) error
	// String returns where the store is, for people.
	String() string
}

// LoadOrCreate returns the secrets of the store, and makes them by the policy when the store has never held any. Of two
// processes that do so at once one creates, and both return the same secrets.
//
// The administrator's certificate may have expired: RenewAdmin and Store.Replace see to that.
func LoadOrCreate(store Store, p Policy, now time.Time) (s *Secrets, created bool, err error) {
	s, err = store.Load()
	if errors.Is(err, fs.ErrNotExist) {
		s, err = create(store, p, now)
		if err == nil {
			return s, true, nil
		}
		if errors.Is(err, fs.ErrExist) {
			s, err = store.Load()
		}
	}
	if err != nil {
		return nil, false, err
	}
	if err := s.usable(p, now); err != nil {
		return nil, false, fmt.Errorf("using the secrets in %s: %w", store, err)
	}
	return s, false, nil
}

func create(store Store, p Policy, now time.Time) (*Secrets, error) {
	s, err := New(p, now)
	if err != nil {
		return nil, fmt.Errorf("making secrets: %w", err)
	}
	return s, store.Create(s)
}

// usable reports what keeps sound secrets from being used now and under this policy.
func (s *Secrets) usable(p Policy, now time.Time) error {
	const contradiction = "not the %s given by hand; running nodes know the stored one, so take the given one away"
	var errs []error
	for _, problem := range s.authorityValidity(now) {
		if !problem.Warning {
			errs = append(errs, problem)
		}
	}
	if p.BootstrapToken != "" && p.BootstrapToken != s.BootstrapToken {
		errs = append(errs, Problem{File: tokenFile, Message: fmt.Sprintf(contradiction, "bootstrap token")})
	}
	if p.CertificateKey != "" && !strings.EqualFold(p.CertificateKey, s.CertificateKey) {
		errs = append(errs, Problem{File: certificateKeyFile, Message: fmt.Sprintf(contradiction, "certificate key")})
	}
	return errors.Join(errs...)
}

const backupHint = "; put it back from a backup (new secrets would lock running nodes out)"

// assemble makes Secrets of a store's files; problems are those that reading them met.
func assemble(cluster string, contents map[string][]byte, problems []Problem) (*Secrets, []Problem) {
	stored := strings.TrimSpace(string(contents[clusterFile]))
	if stored != "" && stored != cluster {
		return nil, []Problem{{File: clusterFile, Message: fmt.Sprintf("these are the secrets of cluster %q, not of %q", stored, cluster)}}
	}
	s := &Secrets{}
	problems = append(problems, absent(clusterFile, contents, problems)...)
	for _, f := range s.slots() {
		problems = append(problems, absent(f.name, contents, problems)...)
		f.set(contents[f.name])
	}
	for _, p := range s.damage() {
		p.Message += backupHint
		problems = append(problems, p)
	}
	sortProblems(problems)
	return s, problems
}

// absent reports a file that is not there or empty, unless reading it has been reported already.
func absent(name string, contents map[string][]byte, known []Problem) []Problem {
	content, ok := contents[name]
	switch {
	case slices.ContainsFunc(known, func(p Problem) bool { return p.File == name }):
		return nil
	case !ok:
		return []Problem{{File: name, Message: "missing" + backupHint}}
	case len(bytes.TrimSpace(content)) == 0:
		return []Problem{{File: name, Message: "the file is empty" + backupHint}}
	}
	return nil
}

// located puts the problems of a store into one error, one line each.
func located(store fmt.Stringer, problems []Problem) error {
	var errs []error
	for _, p := range problems {
		errs = append(errs, fmt.Errorf("reading secrets from %s: %w", store, p))
	}
	return errors.Join(errs...)
}

// checkReplacement refuses what would orphan running nodes or could not be replaced atomically.
func checkReplacement(stored, s *Secrets) (changed bool, err error) {
	names := s.changed(stored)
	if slices.ContainsFunc(names, func(name string) bool { return name != "admin.crt" }) {
		return false, fmt.Errorf("%s would change; only admin.crt can be replaced while the cluster lives", strings.Join(names, ", "))
	}
	return len(names) > 0, nil
}
