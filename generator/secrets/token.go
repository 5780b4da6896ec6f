// SPDX-License-Identifier: Apache-2.0

package secrets

import (
	"crypto/rand"
	"encoding/hex"
	"regexp"
)

var (
	tokenForm          = regexp.MustCompile(`\A[a-z0-9]{6}\.[a-z0-9]{16}\z`)
	certificateKeyForm = regexp.MustCompile(`\A[0-9A-Fa-f]{64}\z`)
)

const (
	tokenRule          = "not six and sixteen lower-case letters or digits with a dot between them, as in abcdef.0123456789abcdef"
	certificateKeyRule = "not 64 hexadecimal digits"
)

// newToken returns a random bootstrap token.
func newToken() string { return randomText(6) + "." + randomText(16) }

// newCertificateKey returns a random AES-256 key in hexadecimal.
func newCertificateKey() string {
	key := make([]byte, 32)
	rand.Read(key)
	return hex.EncodeToString(key)
}

// randomText returns n letters and digits, each as likely as any other.
func randomText(n int) string {
	const alphabet = "0123456789abcdefghijklmnopqrstuvwxyz"
	// 256 is no multiple of 36: the remainder of a random byte would favour the first four of the alphabet.
	// So a byte above the largest multiple of 36 is thrown away and another drawn, which leaves every
	// character the same seven bytes.
	const limit = 256 - 256%len(alphabet)
	text := make([]byte, 0, n)
	draw := make([]byte, 2*n)
	for len(text) < n {
		rand.Read(draw)
		for _, b := range draw {
			if int(b) < limit && len(text) < n {
				text = append(text, alphabet[int(b)%len(alphabet)])
			}
		}
	}
	return string(text)
}
