// SPDX-License-Identifier: Apache-2.0

package download

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
)

// Advised is an error together with what the user can do about it.
type Advised struct {
	error
	Hint string
}

func (a Advised) Unwrap() error { return a.error }

// untrusted says why a server cannot be spoken to in confidence, nil where that is not what is wrong.
func untrusted(err error) error {
	var unknown x509.UnknownAuthorityError
	var other x509.HostnameError
	var bad x509.CertificateInvalidError
	switch {
	case errors.As(err, &unknown):
		return Advised{errors.New("its certificate is signed by an authority that nobody here knows"), "name the authority's certificate in the inventory: caFile of a registry, or caCertificates"}
	case errors.As(err, &other):
		names := slices.Clone(other.Certificate.DNSNames)
		for _, address := range other.Certificate.IPAddresses {
			names = append(names, net.IP(address).String())
		}
		return Advised{fmt.Errorf("its certificate is not for %s, but for %s", other.Host, strings.Join(names, ", ")), "ask it by a name that its certificate has"}
	case errors.As(err, &bad) && bad.Reason == x509.Expired:
		return Advised{errors.New("its certificate has expired, or is not valid yet"), "look at the clocks of both machines, and at the certificate"}
	case errors.Is(err, http.ErrSchemeMismatch):
		return Advised{errors.New("it speaks http and not https"), "write http:// before its address, if that is what you mean"}
	}
	return nil
}
