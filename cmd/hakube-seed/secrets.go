// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hakube/hakube-seed/generator/secrets"
)

func secretsCommand(p *printer) *cli.Command {
	return &cli.Command{
		Name:        "secrets",
		Usage:       "look at the secrets of a cluster, or take over those of an existing one",
		Description: "Example:\n   $ hakube-seed secrets show --cluster reference",
		Subcommands: []*cli.Command{{
			Name:      "import",
			Usage:     "make the store of a cluster from its /etc/kubernetes/pki",
			ArgsUsage: "PKI_DIR",
			Description: "Copies the authorities and the service-account key that the cluster lives on; the administrator's certificate,\n" +
				"the bootstrap token and the certificate key are made new. Secrets that are already there are never replaced.\n\n" +
				"Example:\n   $ hakube-seed secrets import pki --cluster lab",
			Flags:  append([]cli.Flag{clusterFlag()}, storeFlags()...),
			Action: p.importSecrets,
		}, {
			Name:  "show",
			Usage: "show what the secrets of a cluster are, never their values",
			Description: "Shows the fingerprint that manifest.json has too, the hash by which joining nodes know the cluster, and when the\n" +
				"certificates end.\n\n" +
				"Example:\n   $ hakube-seed secrets show --cluster reference",
			Flags:  append([]cli.Flag{clusterFlag()}, storeFlags()...),
			Action: p.showSecrets,
		}},
	}
}

func clusterFlag() cli.Flag {
	return &cli.StringFlag{Name: "cluster", Usage: "the `NAME` of the cluster"}
}

// storeOfNamed returns the store of the cluster that --cluster names.
func storeOfNamed(c *cli.Context) (secrets.Store, error) {
	name := c.String("cluster")
	if name == "" {
		return nil, usagef("add --cluster NAME", "%s needs the name of the cluster", c.Command.HelpName)
	}
	return storeOf(c, name)
}

func (p *printer) importSecrets(c *cli.Context) error {
	store, err := storeOfNamed(c)
	if err != nil {
		return err
	}
	now := time.Now()
	pki, problems := secrets.ReadPKI(c.Args().First(), now)
	if pki == nil {
		return failure{errors.Join(problems...), "nothing was written"}
	}
	for _, problem := range problems {
		p.warningf("%v", problem)
	}
	// gen gives the administrator a new certificate where the version of the cluster wants another group.
	policy := secrets.Policy{Algorithm: "ECDSA-P256", AdminGroup: "kubeadm:cluster-admins"}
	adopted, err := secrets.Adopt(pki, policy, now)
	if err != nil {
		return err
	}
	if err := store.Create(adopted); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return failure{fmt.Errorf("%s already holds secrets", store), "import never replaces any; name another place with --secrets"}
		}
		return err
	}
	return p.secrets(c.String("cluster"), store, adopted)
}

func (p *printer) showSecrets(c *cli.Context) error {
	store, err := storeOfNamed(c)
	if err != nil {
		return err
	}
	kept, err := store.Load()
	if errors.Is(err, fs.ErrNotExist) {
		return failure{fmt.Errorf("there are no secrets in %s", store), "hakube-seed gen makes them; --secrets says where they are"}
	}
	if err != nil {
		return err
	}
	for _, problem := range kept.Validate(time.Now()) {
		p.warningf("%v", problem)
	}
	return p.secrets(c.String("cluster"), store, kept)
}

// secrets prints what is public of the secrets of a cluster.
func (p *printer) secrets(clusterName string, store secrets.Store, s *secrets.Secrets) error {
	rows := [][]string{
		{"cluster", clusterName},
		{"store", store.String()},
		{"fingerprint", s.Fingerprint()},
		{"discovery hash", s.CACertHash()},
	}
	for _, cert := range []struct {
		name string
		pair secrets.KeyPair
	}{
		{"cluster CA", s.ClusterCA}, {"etcd CA", s.EtcdCA}, {"front-proxy CA", s.FrontProxyCA}, {"administrator", s.Admin},
	} {
		end, err := ends(cert.pair)
		if err != nil {
			return fmt.Errorf("%s: %w", cert.name, err)
		}
		rows = append(rows, []string{cert.name, "ends on " + day(end)})
	}
	p.table(rows)
	return nil
}

// ends returns when a certificate ends.
func ends(pair secrets.KeyPair) (time.Time, error) {
	block, _ := pem.Decode(pair.Cert)
	if block == nil {
		return time.Time{}, errors.New("not a PEM block")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return time.Time{}, errors.New("not a certificate")
	}
	return cert.NotAfter, nil
}
