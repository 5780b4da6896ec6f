// SPDX-License-Identifier: Apache-2.0

package secrets

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/hakube/hakube-seed/seeds/atomicfile"
)

// Dir keeps secrets in a directory that only its owner can enter, under kubeadm's own names, so that openssl and kubeadm
// read them as they are. Other files in it are left alone.
type Dir struct {
	Path    string
	Cluster string
}

// String returns the directory's path.
func (d Dir) String() string { return d.Path }

// Load reads the directory, which may be on a read-only file system. One that is not there, or empty, is fs.ErrNotExist.
func (d Dir) Load() (*Secrets, error) {
	info, err := os.Stat(d.Path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading secrets from %s: %w", d, reason(err))
	case !info.IsDir():
		return nil, fmt.Errorf("reading secrets from %s: a file, not a directory; an encrypted store needs its passphrase or identity", d)
	}
	if empty, err := isEmpty(d.Path); err != nil || empty {
		if empty {
			err = fs.ErrNotExist
		}
		return nil, fmt.Errorf("reading secrets from %s: %w", d, reason(err))
	}
	contents, problems := d.read()
	if len(contents) == 0 && len(problems) == 0 {
		return nil, fmt.Errorf("reading secrets from %s: the directory holds other files and no secrets; name a new or an empty one", d)
	}
	s, problems := assemble(d.Cluster, contents, problems)
	err = located(d, problems)
	if s != nil && tooOpen(info.Mode()) {
		err = errors.Join(fmt.Errorf("reading secrets from %s: others can enter the directory (%04o); chmod 700 %[1]s", d, info.Mode().Perm()), err)
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

// read returns the files that are there.
func (d Dir) read() (map[string][]byte, []Problem) {
	contents := map[string][]byte{}
	var problems []Problem
	for _, f := range append(new(Secrets).slots(), slot{name: clusterFile}) {
		path := filepath.Join(d.Path, filepath.FromSlash(f.name))
		content, mode, err := readSmall(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			problems = append(problems, Problem{File: f.name, Message: err.Error()})
			continue
		}
		contents[f.name] = content
		if f.secret && tooOpen(mode) {
			problems = append(problems, Problem{File: f.name, Message: fmt.Sprintf("others can read it (%04o); chmod 600 %s", mode.Perm(), path)})
		}
	}
	return contents, problems
}

// Create makes the whole directory under another name beside its place and then renames it, which fails when another
// process was first. A process killed before that leaves a directory that nothing ever reads.
func (d Dir) Create(s *Secrets) error {
	path := d.Path
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	parent := filepath.Dir(path)
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return fmt.Errorf("creating secrets in %s: %w", d, reason(err))
	}
	draft, err := os.MkdirTemp(parent, "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return fmt.Errorf("creating secrets in %s: %w", d, reason(err))
	}
	defer os.RemoveAll(draft)
	if err := fill(draft, s.storeFiles(d.Cluster)); err != nil {
		return fmt.Errorf("creating secrets in %s: %w", d, reason(err))
	}
	if empty, err := isEmpty(path); err == nil && empty {
		os.Remove(path) // Windows does not rename onto an empty directory, and this fails when it no longer is
	}
	if err := os.Rename(draft, path); err != nil {
		if empty, statErr := isEmpty(path); statErr == nil && !empty {
			err = fs.ErrExist
		}
		return fmt.Errorf("creating secrets in %s: %w", d, reason(err))
	}
	return syncDir(parent)
}

// fill writes the files of a store into an empty directory and flushes all of it.
func fill(dir string, files []file) error {
	if err := os.Mkdir(filepath.Join(dir, "etcd"), 0o700); err != nil {
		return err
	}
	for _, f := range files {
		if err := atomicfile.Write(filepath.Join(dir, filepath.FromSlash(f.name)), 0o600, f.content); err != nil {
			return err
		}
	}
	return errors.Join(syncDir(filepath.Join(dir, "etcd")), syncDir(dir))
}

// Replace writes the administrator's certificate.
func (d Dir) Replace(s *Secrets) error {
	stored, err := d.Load()
	if err != nil {
		return err
	}
	changed, err := checkReplacement(stored, s)
	if err == nil && changed {
		err = atomicfile.Write(filepath.Join(d.Path, "admin.crt"), 0o600, s.Admin.Cert)
	}
	if err != nil {
		return fmt.Errorf("replacing secrets in %s: %w", d, reason(err))
	}
	return nil
}
