// SPDX-License-Identifier: Apache-2.0

package secrets

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"filippo.io/age"

	"github.com/hakube/hakube-seed/seeds/atomicfile"
)

// Encrypted keeps secrets in one file that is encrypted with age, and never writes them unencrypted.
type Encrypted struct {
	Path    string
	Cluster string

	recipients []age.Recipient
	identities []age.Identity
}

// NewEncrypted returns the store of a cluster in the file at path; it need not exist.
func NewEncrypted(path, cluster string, keys Keys) (*Encrypted, error) {
	e := &Encrypted{Path: path, Cluster: cluster}
	var err error
	if e.recipients, err = keys.recipients(); err != nil {
		return nil, err
	}
	if e.identities, err = keys.identities(); err != nil {
		return nil, err
	}
	if len(e.recipients)+len(e.identities) == 0 {
		return nil, errors.New("encrypted secrets need a passphrase or an age key")
	}
	return e, nil
}

// String returns the file's path.
func (e *Encrypted) String() string { return e.Path }

// Load decrypts the file.
func (e *Encrypted) Load() (*Secrets, error) {
	contents, err := e.read()
	if err != nil {
		return nil, fmt.Errorf("reading secrets from %s: %w", e, err)
	}
	s, problems := assemble(e.Cluster, contents, nil)
	if err := located(e, problems); err != nil {
		return nil, err
	}
	return s, nil
}

func (e *Encrypted) read() (map[string][]byte, error) {
	if info, err := os.Stat(e.Path); err == nil && info.IsDir() {
		return nil, errors.New("a directory; a store that is not encrypted needs no passphrase and no age key")
	}
	text, _, err := readSmall(e.Path)
	if err != nil {
		return nil, err
	}
	container, err := e.decrypt(text)
	if err != nil {
		return nil, err
	}
	return unpack(container)
}

func (e *Encrypted) decrypt(text []byte) ([]byte, error) {
	if len(e.identities) == 0 {
		return nil, errors.New("the file exists, and it takes an age identity to open it")
	}
	r, err := age.Decrypt(bytes.NewReader(text), e.identities...)
	if mismatch, ok := errors.AsType[*age.NoIdentityMatchError](err); ok {
		return nil, e.explain(mismatch)
	}
	if err != nil {
		return nil, errors.New("not a file encrypted with age, or damaged" + backupHint)
	}
	container, err := io.ReadAll(io.LimitReader(r, maxFile))
	if err != nil {
		return nil, errors.New("the encrypted file is damaged or cut off" + backupHint)
	}
	return container, nil
}

// explain says what would open a file that the identities do not.
func (e *Encrypted) explain(mismatch *age.NoIdentityMatchError) error {
	_, passphrase := e.identities[0].(*age.ScryptIdentity)
	encryptedByPassphrase := slices.Contains(mismatch.StanzaTypes, "scrypt")
	switch {
	case passphrase && encryptedByPassphrase:
		return errors.New("the passphrase does not open it")
	case encryptedByPassphrase:
		return errors.New("encrypted with a passphrase, not to age keys")
	case passphrase:
		return errors.New("encrypted to age keys, not with a passphrase")
	}
	return errors.New("none of the age identities opens it")
}

// Create writes the file and fails when there is one.
func (e *Encrypted) Create(s *Secrets) error {
	if err := e.create(s); err != nil {
		return fmt.Errorf("creating secrets in %s: %w", e, err)
	}
	return nil
}

func (e *Encrypted) create(s *Secrets) error {
	text, err := e.encrypt(s, e.recipients)
	if err != nil {
		return err
	}
	parent := filepath.Dir(e.Path)
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return reason(err)
	}
	dir, err := os.MkdirTemp(parent, "."+filepath.Base(e.Path)+".*.tmp")
	if err != nil {
		return reason(err)
	}
	defer os.RemoveAll(dir)
	draft := filepath.Join(dir, "draft")
	if err := atomicfile.Write(draft, 0o600, text); err != nil {
		return reason(err)
	}
	// A rename would take the place of what another process has made meanwhile; a link does not.
	if err := os.Link(draft, e.Path); errors.Is(err, fs.ErrExist) {
		return fs.ErrExist
	} else if err != nil {
		return fmt.Errorf("linking the finished file to its name, which its file system must allow: %w", reason(err))
	}
	return syncDir(parent)
}

// Replace encrypts the file anew: to the keys given if there are any, else to those that it was encrypted to.
func (e *Encrypted) Replace(s *Secrets) error {
	if err := e.replace(s); err != nil {
		return fmt.Errorf("replacing secrets in %s: %w", e, err)
	}
	return nil
}

func (e *Encrypted) replace(s *Secrets) error {
	contents, err := e.read()
	if err != nil {
		return err
	}
	stored, problems := assemble(e.Cluster, contents, nil)
	if len(problems) > 0 {
		return located(e, problems)
	}
	if changed, err := checkReplacement(stored, s); err != nil || !changed {
		return err
	}
	recipients := e.recipients
	if len(recipients) == 0 {
		recipients, err = Keys{Recipients: strings.Fields(string(contents[recipientsFile]))}.recipients()
		if err != nil {
			return err
		}
	}
	text, err := e.encrypt(s, recipients)
	if err != nil {
		return err
	}
	return reason(atomicfile.Write(e.Path, 0o600, text))
}

func (e *Encrypted) encrypt(s *Secrets, recipients []age.Recipient) ([]byte, error) {
	if len(recipients) == 0 {
		return nil, errors.New("there is an age identity to read with and no public key to encrypt to")
	}
	files := s.storeFiles(e.Cluster)
	if names := publicNames(recipients); names != "" {
		files = append(files, file{recipientsFile, []byte(names)})
	}
	container, err := pack(files)
	if err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	w, err := age.Encrypt(&buf, recipients...)
	if err != nil {
		return nil, fmt.Errorf("encrypting: %w", err)
	}
	_, err = w.Write(container)
	if err := errors.Join(err, w.Close()); err != nil {
		return nil, fmt.Errorf("encrypting: %w", err)
	}
	return buf.Bytes(), nil
}
