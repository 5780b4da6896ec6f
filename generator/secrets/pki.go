// SPDX-License-Identifier: Apache-2.0

package secrets

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"time"
)

// ReadPKI reads the authorities and the service-account key of an existing /etc/kubernetes/pki, or a copy of it; Adopt
// makes the rest. The errors are Problems, every one wrapped with the directory's name; when all are warnings, the
// secrets are returned as well, otherwise nil.
func ReadPKI(dir string, now time.Time) (*Secrets, []error) {
	s := &Secrets{}
	var problems []Problem
	for _, f := range s.pkiSlots() {
		content, _, err := readSmall(filepath.Join(dir, filepath.FromSlash(f.name)))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			problems = append(problems, Problem{File: f.name, Message: "missing; " + whyNeeded(f)})
		case err != nil:
			problems = append(problems, Problem{File: f.name, Message: err.Error()})
		case len(content) == 0:
			problems = append(problems, Problem{File: f.name, Message: "the file is empty"})
		}
		f.set(content)
	}
	problems = append(problems, s.damage()...)
	problems = append(problems, s.authorityValidity(now)...)
	sortProblems(problems)
	var errs []error
	for _, p := range problems {
		errs = append(errs, fmt.Errorf("reading %s: %w", dir, p))
	}
	if slices.ContainsFunc(problems, func(p Problem) bool { return !p.Warning }) {
		return nil, errs
	}
	return s, errs
}

func whyNeeded(f slot) string {
	switch {
	case f.name == "sa.pub":
		return "kube-apiserver does not start without it (openssl pkey -in sa.key -pubout -out sa.pub)"
	case f.name == "sa.key":
		return "kubeadm would replace sa.pub by a new pair"
	case f.secret:
		return "without it nodes cannot be given certificates; an authority that is kept elsewhere cannot be imported"
	}
	return "copy it from a control plane"
}
