// SPDX-License-Identifier: Apache-2.0

package secrets

import (
	"errors"
	"fmt"
	"strings"

	"filippo.io/age"
)

// Keys is what an encrypted store is encrypted with: a passphrase, or age keys. Public keys alone can make a store;
// reading one takes an identity, and a store is read whenever it exists.
type Keys struct {
	Passphrase string
	Recipients []string // public keys, age1…
	Identities string   // the text of identity files, AGE-SECRET-KEY-1…
}

var errBothKinds = errors.New("a passphrase cannot be combined with age keys")

// Errors here quote nothing: people mistake a secret key for a public one.
func (k Keys) recipients() ([]age.Recipient, error) {
	if k.Passphrase != "" {
		if len(k.Recipients) > 0 || k.Identities != "" {
			return nil, errBothKinds
		}
		r, err := age.NewScryptRecipient(k.Passphrase)
		return []age.Recipient{r}, err
	}
	var recipients []age.Recipient
	for i, text := range k.Recipients {
		parsed, err := age.ParseRecipients(strings.NewReader(text))
		switch {
		case strings.HasPrefix(text, "AGE-SECRET-KEY-"):
			return nil, fmt.Errorf("age key %d to encrypt to is a secret key; its public key is needed (age1…)", i+1)
		case err != nil || len(parsed) != 1:
			return nil, fmt.Errorf("age key %d to encrypt to is not a public key (age1…)", i+1)
		}
		recipients = append(recipients, parsed[0])
	}
	return recipients, nil
}

func (k Keys) identities() ([]age.Identity, error) {
	if k.Passphrase != "" {
		id, err := age.NewScryptIdentity(k.Passphrase)
		return []age.Identity{id}, err
	}
	var identities []age.Identity
	number := 0
	for line := range strings.Lines(k.Identities) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		parsed, err := age.ParseIdentities(strings.NewReader(line))
		if err != nil {
			return nil, fmt.Errorf("line %d of the age identities is not a secret key (AGE-SECRET-KEY-1…)", number)
		}
		identities = append(identities, parsed...)
	}
	if k.Identities != "" && len(identities) == 0 {
		return nil, errors.New("the age identities hold no secret key (AGE-SECRET-KEY-1…)")
	}
	return identities, nil
}

// publicNames returns the public keys among recipients, one a line.
func publicNames(recipients []age.Recipient) string {
	var names strings.Builder
	for _, r := range recipients {
		if named, ok := r.(fmt.Stringer); ok {
			fmt.Fprintln(&names, named)
		}
	}
	return names.String()
}
