// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"regexp"
	"strings"
)

const (
	algorithmECDSA = "ECDSA-P256"
	algorithmRSA   = "RSA-2048"
)

var (
	tokenPattern          = regexp.MustCompile(`^[a-z0-9]{6}\.[a-z0-9]{16}$`)
	certificateKeyPattern = regexp.MustCompile(`^[0-9a-fA-F]{64}$`)
	repeatedPattern       = regexp.MustCompile(`^(0+|[fF]+)$`)
)

// documentedToken stands in kubeadm's documentation, so everybody knows it.
const documentedToken = "abcdef.0123456789abcdef"

// planSecrets takes what was given by hand. No message holds a value.
func planSecrets(p *planner) {
	given, policy := p.inv.Secrets, &p.cluster.Secrets
	p.planAlgorithm()
	switch {
	case given.BootstrapToken == "":
	case !tokenPattern.MatchString(given.BootstrapToken):
		p.refuse("secrets.bootstrapToken", "a bootstrap token is [a-z0-9]{6}.[a-z0-9]{16}", "leave it out to have one made at random")
	default:
		policy.BootstrapToken = given.BootstrapToken
		if given.BootstrapToken == documentedToken {
			p.warn("secrets.bootstrapToken", "this token stands in kubeadm's documentation; everybody can join the cluster with it", "leave it out to have one made at random")
		}
	}
	switch {
	case given.CertificateKey == "":
	case !certificateKeyPattern.MatchString(given.CertificateKey):
		p.refuse("secrets.certificateKey", "a certificate key is 64 hexadecimal digits", "leave it out to have one made at random")
	case repeatedPattern.MatchString(given.CertificateKey):
		p.refuse("secrets.certificateKey", "the key is one digit repeated; it keeps nothing secret", "leave it out to have one made at random")
	default:
		policy.CertificateKey = strings.ToLower(given.CertificateKey)
	}
}

func (p *planner) planAlgorithm() {
	const path = "secrets.algorithm"
	version, given := p.cluster.Version, p.inv.Secrets.Algorithm
	switch {
	case given == "" && p.cluster.Release.ECDSA:
		given = algorithmECDSA
	case given == "":
		given = algorithmRSA
	case strings.Contains(strings.ToLower(given), "ed25519"):
		p.refuse(path, "kubeadm does not accept Ed25519 keys", fmt.Sprintf("use %s", algorithmECDSA))
		return
	case !p.check(path, choice("key algorithm", given, []string{algorithmECDSA, algorithmRSA})):
		return
	case given == algorithmECDSA && !p.versionUnclear() && !p.cluster.Release.ECDSA:
		p.refuse(path, fmt.Sprintf("kubeadm makes ECDSA keys from 1.31 on, and this is %s", version), fmt.Sprintf("use %s", algorithmRSA))
		return
	}
	p.cluster.Secrets.Algorithm = given
}
