// SPDX-License-Identifier: Apache-2.0

package bundle

import (
	"bytes"
	"crypto"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/clearsign"
	pgperrors "github.com/ProtonMail/go-crypto/openpgp/errors"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// Keyring holds the keys that may sign a repository.
type Keyring struct{ keys openpgp.EntityList }

// ReadKeyring reads OpenPGP keys, armoured or not.
func ReadKeyring(data []byte) (Keyring, error) {
	read := openpgp.ReadKeyRing
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("-----BEGIN PGP")) {
		read = openpgp.ReadArmoredKeyRing
	}
	keys, err := read(bytes.NewReader(data))
	if err != nil || len(keys) == 0 {
		return Keyring{}, errors.New("there is no OpenPGP public key in it")
	}
	return Keyring{keys}, nil
}

// Only returns the keyring with the one key of that fingerprint.
func (k Keyring) Only(fingerprint string) (Keyring, error) {
	fingerprint = strings.ToUpper(strings.ReplaceAll(fingerprint, " ", ""))
	var found []string
	for _, key := range k.keys {
		f := strings.ToUpper(hex.EncodeToString(key.PrimaryKey.Fingerprint))
		if f == fingerprint {
			return Keyring{openpgp.EntityList{key}}, nil
		}
		found = append(found, f)
	}
	return Keyring{}, fmt.Errorf("the key has the fingerprint %s, known is %s", strings.Join(found, ", "), fingerprint)
}

// Verify returns the text of a clear-signed file (InRelease) when a key of the keyring has signed it and was good at
// that time.
func (k Keyring) Verify(signed []byte, now time.Time) ([]byte, error) {
	block, _ := clearsign.Decode(signed)
	if block == nil {
		return nil, errors.New("it is not signed")
	}
	signatures, err := io.ReadAll(block.ArmoredSignature.Body)
	if err != nil {
		return nil, errors.New("its signature is damaged")
	}
	// One signature after the other: the library stops at the first whose key it knows, and that key may have ended.
	verdict := errors.New("it has no signature")
	for packets := packet.NewReader(bytes.NewReader(signatures)); ; {
		p, err := packets.Next()
		if errors.Is(err, io.EOF) {
			return nil, verdict
		}
		signature, ok := p.(*packet.Signature)
		if err != nil || !ok {
			return nil, errors.New("its signature is damaged")
		}
		var one bytes.Buffer
		if err := signature.Serialize(&one); err != nil {
			return nil, errors.New("its signature is damaged")
		}
		_, err = openpgp.CheckDetachedSignature(k.keys, bytes.NewReader(block.Bytes), &one, &packet.Config{Time: func() time.Time { return now }})
		if err == nil {
			err = k.strong(signature)
		}
		if err == nil {
			return block.Plaintext, nil
		}
		if !errors.Is(err, pgperrors.ErrUnknownIssuer) || verdict.Error() == "it has no signature" {
			verdict = k.explain(signature, err)
		}
	}
}

// strongHashes are those for which nobody can make a second text.
var strongHashes = []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512}

// minKeyBits is how long a key of RSA or DSA must be; those of elliptic curves are shorter and strong enough.
const minKeyBits = 2048

// weakError is a signature that holds and could be forged.
type weakError string

func (w weakError) Error() string { return string(w) }

// strong returns an error when a signature that holds could be somebody else's all the same. apt refuses these, too.
func (k Keyring) strong(s *packet.Signature) error {
	if !slices.Contains(strongHashes, s.Hash) {
		return weakError(fmt.Sprintf("its signature by %016X is made with %s, which can be forged", *s.IssuerKeyId, s.Hash))
	}
	for _, key := range k.keys.KeysById(*s.IssuerKeyId) {
		switch key.PublicKey.PubKeyAlgo {
		case packet.PubKeyAlgoRSA, packet.PubKeyAlgoRSASignOnly, packet.PubKeyAlgoDSA:
			if bits, err := key.PublicKey.BitLength(); err != nil || bits < minKeyBits {
				return weakError(fmt.Sprintf("the key %016X, which signed it, has %d bits; %d are needed", *s.IssuerKeyId, bits, minKeyBits))
			}
		}
	}
	return nil
}

// explain says in a user's words why a signature does not hold.
func (k Keyring) explain(s *packet.Signature, err error) error {
	var wrong pgperrors.SignatureError
	var weak weakError
	id := "unknown"
	if s.IssuerKeyId != nil {
		id = fmt.Sprintf("%016X", *s.IssuerKeyId)
	}
	switch {
	case errors.As(err, &weak):
		return weak
	case errors.Is(err, pgperrors.ErrUnknownIssuer):
		return fmt.Errorf("it is signed by the key %s, which is not in the keyring", id)
	case errors.Is(err, pgperrors.ErrKeyExpired):
		return fmt.Errorf("the key %s, which signed it, has expired", id)
	case errors.Is(err, pgperrors.ErrKeyRevoked):
		return fmt.Errorf("the key %s, which signed it, has been revoked", id)
	case errors.Is(err, pgperrors.ErrSignatureExpired):
		return fmt.Errorf("its signature by %s has expired", id)
	case errors.As(err, &wrong):
		return fmt.Errorf("its signature by %s does not fit its text", id)
	}
	return fmt.Errorf("its signature by %s does not hold (%w)", id, err)
}
