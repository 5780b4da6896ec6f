// SPDX-License-Identifier: Apache-2.0

package secrets

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// openssl is a reader of certificates and keys that shares no code with the one that made them.
func openssl(t *testing.T, dir, script string) string {
	t.Helper()
	cmd := exec.Command("sh", "-euc", script)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, out)
	}
	return strings.TrimSpace(string(out))
}

func TestOpenSSLAgrees(t *testing.T) {
	for _, algorithm := range []string{ecdsaP256, rsa2048} {
		t.Run(algorithm, func(t *testing.T) {
			s, err := New(Policy{Algorithm: algorithm, AdminGroup: admins}, today)
			if err != nil {
				t.Fatal(err)
			}
			dir := filepath.Join(t.TempDir(), "lab")
			if err := (Dir{dir, "lab"}).Create(s); err != nil {
				t.Fatal(err)
			}
			hash := openssl(t, dir, "openssl x509 -pubkey -noout -in ca.crt | openssl pkey -pubin -outform der | openssl dgst -sha256 -r")
			if "sha256:"+strings.Fields(hash)[0] != s.CACertHash() {
				t.Errorf("openssl hashes to %s, CACertHash is %s", hash, s.CACertHash())
			}
			at := fmt.Sprintf("-attime %d", today.Unix())
			verified := openssl(t, dir, "openssl verify "+at+" -x509_strict -purpose sslclient -CAfile ca.crt admin.crt")
			if verified != "admin.crt: OK" {
				t.Error(verified)
			}
			for _, ca := range []string{"ca", "etcd/ca", "front-proxy-ca"} {
				if got := openssl(t, dir, "openssl verify "+at+" -CAfile "+ca+".crt "+ca+".crt"); got != ca+".crt: OK" {
					t.Error(got)
				}
				openssl(t, dir, "openssl x509 -pubkey -noout -in "+ca+".crt > pub; openssl pkey -pubout -in "+ca+".key | cmp - pub")
			}
			openssl(t, dir, "openssl pkey -pubout -in sa.key | cmp - sa.pub")
			openssl(t, dir, "openssl x509 -pubkey -noout -in admin.crt > pub; openssl pkey -pubout -in admin.key | cmp - pub")
		})
	}
}

func TestOpenSSLPrintsTheTemplate(t *testing.T) {
	s := made(t)
	dir := filepath.Join(t.TempDir(), "lab")
	if err := (Dir{dir, "lab"}).Create(s); err != nil {
		t.Fatal(err)
	}
	show := "openssl x509 -noout -subject -nameopt RFC2253 -startdate -enddate -ext basicConstraints,keyUsage,extendedKeyUsage,subjectAltName -in "
	want := `subject=CN=kubernetes
notBefore=Nov 22 16:00:00 2026 GMT
notAfter=Nov 20 16:00:00 2036 GMT
X509v3 Key Usage: critical
    Digital Signature, Key Encipherment, Certificate Sign
X509v3 Basic Constraints: critical
    CA:TRUE
X509v3 Subject Alternative Name: 
    DNS:kubernetes`
	if got := openssl(t, dir, show+"ca.crt"); got != want {
		t.Errorf("ca.crt:\n%s", got)
	}
	want = `subject=CN=kubernetes-admin,O=kubeadm:cluster-admins
notBefore=Nov 22 16:00:00 2026 GMT
notAfter=Nov 23 16:00:00 2027 GMT
X509v3 Key Usage: critical
    Digital Signature, Key Encipherment
X509v3 Extended Key Usage: 
    TLS Web Client Authentication
X509v3 Basic Constraints: critical
    CA:FALSE`
	if got := openssl(t, dir, show+"admin.crt"); got != want {
		t.Errorf("admin.crt:\n%s", got)
	}
}

// Keys in every form that openssl writes and kubeadm reads.
func TestKeysOfOpenSSLAreRead(t *testing.T) {
	for name, script := range map[string]string{
		"classic ecdsa, parameters first": "openssl ecparam -name secp384r1 -genkey",
		"classic rsa":                     "openssl genrsa -traditional 2048 2>/dev/null",
		"pkcs8 rsa":                       "openssl genpkey -quiet -algorithm RSA 2>/dev/null || openssl genpkey -algorithm RSA 2>/dev/null",
		"pkcs8 ecdsa":                     "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-521",
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := parseKey([]byte(openssl(t, t.TempDir(), script) + "\n")); err != nil {
				t.Error(err)
			}
		})
	}
	for script, want := range map[string]string{
		"openssl genpkey -algorithm ed25519":                                                  "an Ed25519 key; kubeadm takes RSA and ECDSA keys only",
		"openssl genpkey -algorithm x25519":                                                   "not a key for signatures; kubeadm takes RSA and ECDSA keys only",
		"openssl ecparam -name secp224r1 -genkey -noout":                                      "an ECDSA key on P-224; Kubernetes takes P-256, P-384 and P-521",
		"openssl ecparam -name secp256k1 -genkey -noout":                                      "the PEM block does not hold a private key",
		"openssl ecparam -name prime256v1":                                                    "holds no PEM block PRIVATE KEY",
		"openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes256 -pass pass:x": errEncryptedKey.Error(),
		"openssl genrsa -traditional -aes128 -passout pass:x 2048 2>/dev/null":                errEncryptedKey.Error(),
	} {
		_, err := parseKey([]byte(openssl(t, t.TempDir(), script) + "\n"))
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", script, err, want)
		}
	}
}
