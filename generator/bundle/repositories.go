// SPDX-License-Identifier: Apache-2.0

package bundle

import (
	"fmt"
	"strings"

	"github.com/hakube/hakube-seed/generator/cluster"
)

// Distribution is where the packages of one operating system come from: one row of the table below.
type Distribution struct {
	Codename       string
	Mirror         string
	SecurityMirror string
	Keyring        string // a file of the Debian package KeyringPackage
	KeyringPackage string
	Components     []string
}

var (
	debian = Distribution{
		Mirror: "http://deb.debian.org/debian", SecurityMirror: "http://deb.debian.org/debian-security",
		Keyring: "/usr/share/keyrings/debian-archive-keyring.gpg", KeyringPackage: "debian-archive-keyring", Components: []string{"main"},
	}
	ubuntu = Distribution{
		Mirror: "http://archive.ubuntu.com/ubuntu", SecurityMirror: "http://security.ubuntu.com/ubuntu",
		Keyring: "/usr/share/keyrings/ubuntu-archive-keyring.gpg", KeyringPackage: "ubuntu-keyring", Components: []string{"main", "universe"},
	}
)

// codenames is the table of releases that a bundle can be made for.
var codenames = map[string]string{
	"debian-12": "bookworm", "debian-13": "trixie",
	"ubuntu-18.04": "bionic", "ubuntu-20.04": "focal", "ubuntu-22.04": "jammy", "ubuntu-24.04": "noble", "ubuntu-26.04": "resolute",
}

// DistributionOf returns the row of an operating system.
func DistributionOf(os cluster.OS) (Distribution, error) {
	codename, known := codenames[os.ID]
	if !known {
		return Distribution{}, fmt.Errorf("the package repositories of %s are not known", os.Name)
	}
	d := debian
	if os.Distribution() == "ubuntu" {
		d = ubuntu
	}
	d.Codename = codename
	return d, nil
}

// Repository is a signed package repository.
type Repository struct {
	URL        string // without a slash at the end
	Suite      string // empty: a flat repository
	Components []string
}

// Repositories returns the distribution's repositories, updates of the release among them.
func (d Distribution) Repositories() []Repository {
	return []Repository{
		{d.Mirror, d.Codename, d.Components},
		{d.Mirror, d.Codename + "-updates", d.Components},
		{d.SecurityMirror, d.Codename + "-security", d.Components},
	}
}

// String returns the repository as people know it.
func (r Repository) String() string { return strings.TrimSpace(r.URL + " " + r.Suite) }

// Check returns an error when what is signed is not of this repository's suite: all suites are signed by the same keys. Debian's
// suites are named by the codename (bookworm-security, beside stable-security), Ubuntu's by the suite (jammy-security,
// beside jammy). A flat repository has no name.
func (r Repository) Check(signed Release) error {
	found := signed.Codename
	if strings.HasPrefix(signed.Suite, signed.Codename) {
		found = signed.Suite
	}
	if r.Suite != "" && found != r.Suite {
		return fmt.Errorf("it is of the suite %q, not of %q", found, r.Suite)
	}
	return nil
}

// Top is the address that the indices of the repository are below.
func (r Repository) Top() string {
	if r.Suite == "" {
		return r.URL
	}
	return r.URL + "/dists/" + r.Suite
}
