// SPDX-License-Identifier: Apache-2.0

package bundle_test

import (
	"bytes"
	"crypto"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/clearsign"
	"github.com/ProtonMail/go-crypto/openpgp/packet"

	"github.com/hakube/hakube-seed/generator/bundle"
)

var signedAt = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// signer makes a key that lives for some seconds, 0 for ever.
func signer(t testing.TB, seconds uint32) *openpgp.Entity {
	t.Helper()
	return newKey(t, packet.Config{Algorithm: packet.PubKeyAlgoEdDSA, KeyLifetimeSecs: seconds})
}

func newKey(t testing.TB, c packet.Config) *openpgp.Entity {
	t.Helper()
	c.Time = func() time.Time { return signedAt }
	key, err := openpgp.NewEntity("lab", "", "lab@example.invalid", &c)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func sign(t testing.TB, text string, keys ...*openpgp.Entity) []byte {
	t.Helper()
	var out bytes.Buffer
	var private []*packet.PrivateKey
	for _, k := range keys {
		private = append(private, k.PrivateKey)
	}
	w, err := clearsign.EncodeMulti(&out, private, &packet.Config{Time: func() time.Time { return signedAt }})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// signWith signs with a hash that the library does not sign with any more.
func signWith(t testing.TB, hash crypto.Hash, text string, key *openpgp.Entity) []byte {
	t.Helper()
	signed := sign(t, text, key)
	block, _ := clearsign.Decode(signed)
	s := packet.Signature{Version: 4, SigType: packet.SigTypeText, PubKeyAlgo: key.PrimaryKey.PubKeyAlgo, Hash: hash, CreationTime: signedAt, IssuerKeyId: &key.PrimaryKey.KeyId}
	h := hash.New()
	_, _ = h.Write(block.Bytes)
	out := bytes.NewBuffer(signed[:bytes.Index(signed, []byte("-----BEGIN PGP SIGNATURE"))])
	w, err := armor.Encode(out, openpgp.SignatureType, nil)
	if err == nil {
		err = errors.Join(s.Sign(h, key.PrivateKey, &packet.Config{NonDeterministicSignaturesViaNotation: new(bool)}), s.Serialize(w), w.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func keyring(t testing.TB, armoured bool, keys ...*openpgp.Entity) bundle.Keyring {
	t.Helper()
	var data bytes.Buffer
	for _, k := range keys {
		if err := k.Serialize(&data); err != nil {
			t.Fatal(err)
		}
	}
	if armoured {
		var out bytes.Buffer
		w, err := armor.Encode(&out, openpgp.PublicKeyType, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write(data.Bytes())
		w.Close()
		data = out
	}
	ring, err := bundle.ReadKeyring(data.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

func TestSignatures(t *testing.T) {
	const text = "Suite: stable\nSHA256:\n"
	key, other, short := signer(t, 0), signer(t, 0), signer(t, 3600)
	soon, later := signedAt.Add(time.Minute), signedAt.Add(48*time.Hour)
	long, weak := newKey(t, packet.Config{RSABits: 2048}), newKey(t, packet.Config{RSABits: 1024})
	whole := sign(t, text, key)
	for _, c := range []struct {
		name   string
		ring   bundle.Keyring
		signed []byte
		now    time.Time
		want   string
	}{
		{"good", keyring(t, false, key), whole, later, ""},
		{"good, armoured", keyring(t, true, other, key), whole, later, ""},
		{"two signatures, one known", keyring(t, false, key), sign(t, text, other, key), later, ""},
		{"two signatures, the first expired", keyring(t, false, short, key), sign(t, text, short, key), later, ""},
		{"a short-lived key in time", keyring(t, false, short), sign(t, text, short), soon, ""},
		{"RSA and SHA-256", keyring(t, false, long), signWith(t, crypto.SHA256, text, long), later, ""},
		{"RSA and SHA-1", keyring(t, false, long), signWith(t, crypto.SHA1, text, long), later, "is made with SHA-1, which can be forged"},
		{"SHA-224", keyring(t, false, key), signWith(t, crypto.SHA224, text, key), later, "is made with SHA-224, which can be forged"},
		{"a short key", keyring(t, false, weak), sign(t, text, weak), later, "has 1024 bits; 2048 are needed"},
		{"a weak signature and a good one", keyring(t, false, weak, key), sign(t, text, weak, key), later, ""},
		{"an expired key", keyring(t, false, short), sign(t, text, short), later, "has expired"},
		{"an unknown key", keyring(t, false, other), whole, later, "which is not in the keyring"},
		{"another text", keyring(t, false, key), bytes.Replace(whole, []byte("stable"), []byte("stolen"), 1), later, "does not fit its text"},
		{"a signature cut short", keyring(t, false, key), whole[:len(whole)-60], later, "it is not signed"},
		{"no signature", keyring(t, false, key), []byte(text), later, "it is not signed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := c.ring.Verify(c.signed, c.now)
			switch {
			case c.want == "" && (err != nil || strings.TrimSpace(string(got)) != strings.TrimSpace(text)):
				t.Errorf("%q, %v", got, err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

func TestFingerprints(t *testing.T) {
	key, other := signer(t, 0), signer(t, 0)
	ring := keyring(t, true, other, key)
	fingerprint := strings.ToUpper(hex.EncodeToString(key.PrimaryKey.Fingerprint))
	only, err := ring.Only(fingerprint[:20] + " " + strings.ToLower(fingerprint[20:]))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := only.Verify(sign(t, "text\n", other), signedAt); err == nil || !strings.Contains(err.Error(), "not in the keyring") {
		t.Errorf("the other key: %v", err)
	}
	if _, err := only.Verify(sign(t, "text\n", key), signedAt); err != nil {
		t.Error(err)
	}
	const community = "DE15B14486CD377B9E876E1A234654DA9A296436"
	_, err = keyring(t, true, key).Only(community)
	if err == nil || err.Error() != "the key has the fingerprint "+fingerprint+", known is "+community {
		t.Error(err)
	}
	if _, err := bundle.ReadKeyring([]byte("<html>404</html>")); err == nil {
		t.Error("a page was taken for a key")
	}
}

func TestSuites(t *testing.T) {
	for _, c := range []struct{ wanted, suite, codename, want string }{
		{"bookworm", "oldstable", "bookworm", ""},
		{"bookworm-security", "oldstable-security", "bookworm-security", ""},
		{"bookworm-security", "oldstable-updates", "bookworm-updates", `it is of the suite "bookworm-updates", not of "bookworm-security"`},
		{"bookworm", "oldoldstable", "bullseye", `it is of the suite "bullseye", not of "bookworm"`},
		{"jammy-security", "jammy-security", "jammy", ""},
		{"jammy", "jammy", "jammy", ""},
		{"jammy", "jammy-security", "jammy", `it is of the suite "jammy-security", not of "jammy"`},
		{"jammy", "jammy", "", ""},
		{"jammy", "", "jammy", ""},
		{"jammy", "", "", `it is of the suite "", not of "jammy"`},
		{"", "stable", "whatever", ""},
	} {
		err := bundle.Repository{Suite: c.wanted}.Check(bundle.Release{Suite: c.suite, Codename: c.codename})
		if c.want == "" && err != nil || c.want != "" && (err == nil || err.Error() != c.want) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestRelease(t *testing.T) {
	sum := strings.Repeat("ab", 32)
	r, err := bundle.ParseRelease([]byte("Suite: stable\nCodename: bookworm\nValid-Until: Sat, 28 Nov 2026 00:53:02 UTC\nAcquire-By-Hash: yes\nMD5Sum:\n 00 1 x\nSHA256:\n " + sum + " 12 main/binary-amd64/Packages.xz\n " + sum + " 13 main/binary-amd64/Packages\n"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := r.Index("main")
	if err != nil || f.Size != 12 || r.Location(f) != "main/binary-amd64/by-hash/SHA256/"+sum || r.ValidUntil.Day() != 28 {
		t.Errorf("%+v %v", r, err)
	}
	if _, err := r.Index("universe"); err == nil || err.Error() != "it lists no universe/binary-amd64/Packages.gz" {
		t.Error(err)
	}
	for text, want := range map[string]string{
		"Suite: stable\n":              "it lists no SHA-256 of any index",
		"SHA256:\n xyz 1 Packages\n":   `" xyz 1 Packages" is not a checksum, a size and a name`,
		"Valid-Until: tomorrow\n":      `"tomorrow" is not a date`,
		"SHA256:\n " + sum + " -1 x\n": `"-1" is not a size`,
	} {
		if _, err := bundle.ParseRelease([]byte(text)); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}
