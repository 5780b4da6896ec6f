// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"regexp"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/hakube/hakube-seed/generator/cluster"
	"github.com/hakube/hakube-seed/generator/inventory"
)

func initCommand(p *printer) *cli.Command {
	o := inventory.DefaultStarter()
	return &cli.Command{
		Name:  "init",
		Usage: "write an inventory to start from",
		Description: "Writes a commented inventory and asks nothing. A file that is already there is never replaced.\n\n" +
			"Example:\n   $ hakube-seed init --cluster lab --cidr 192.168.7.0/24 --workers 2 -o lab.yaml",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "cluster", Value: o.Cluster, Usage: "the `NAME` of the cluster"},
			&cli.StringFlag{Name: "kubernetes-version", Value: o.KubernetesVersion, Usage: "the exact Kubernetes `VERSION`"},
			&cli.StringFlag{Name: "cidr", Value: o.CIDR.String(), Usage: "the nodes' `NETWORK`"},
			&cli.IntFlag{Name: "control-planes", Value: o.ControlPlanes, Usage: "have `N` control planes"},
			&cli.IntFlag{Name: "workers", Value: o.Workers, Usage: "have `N` workers"},
			&cli.IntFlag{Name: "load-balancers", Value: o.LoadBalancers, Usage: "have `N` load balancers"},
			&cli.StringFlag{Name: "ssh-key", Usage: "let the login user in with the public SSH `KEY`, given as text or as the name of its file"},
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: "inventory.yaml", Usage: "write to `FILE`; - is standard output"},
		},
		Action: p.init,
	}
}

func (p *printer) init(c *cli.Context) error {
	o := inventory.StarterOptions{
		Cluster:           c.String("cluster"),
		KubernetesVersion: c.String("kubernetes-version"),
		ControlPlanes:     c.Int("control-planes"),
		Workers:           c.Int("workers"),
		LoadBalancers:     c.Int("load-balancers"),
	}
	var err error
	if o.CIDR, err = netip.ParsePrefix(c.String("cidr")); err != nil {
		return usagef("write a network such as 10.1.10.0/24", "--cidr: %q is not a network", c.String("cidr"))
	}
	if o.SSHKey, err = sshKey(c.String("ssh-key")); err != nil {
		return err
	}
	text, err := starter(o)
	if err != nil {
		return err
	}
	if c.String("output") == "-" {
		_, err := p.Write(text)
		return err
	}
	if err := createFile(c.String("output"), text); err != nil {
		return err
	}
	p.resultf("%s", c.String("output"))
	p.notef("Look through it, then: hakube-seed gen %s", c.String("output"))
	return nil
}

// starter returns a starter inventory, or an error when the flags ask for one that gen would not take.
func starter(o inventory.StarterOptions) ([]byte, error) {
	if err := o.Check(); err != nil {
		return nil, usageError{err.Error(), ""}
	}
	text := inventory.Starter(o)
	flags := map[string]string{"cluster": "--cluster", "kubernetesVersion": "--kubernetes-version", "network.cidr": "--cidr", "user.sshKeys[0]": "--ssh-key"}
	inv, diagnostics := inventory.Parse(text)
	if inv != nil {
		_, found := cluster.Plan(inv, nil)
		diagnostics = append(diagnostics, found...)
	}
	for _, d := range diagnostics {
		if flag, ok := flags[d.Path]; ok && d.Severity == inventory.Error {
			return nil, usageError{flag + ": " + d.Message, d.Hint}
		}
	}
	return text, nil
}

// publicKey is the beginning of a line of authorized_keys.
var publicKey = regexp.MustCompile(`^(ssh|ecdsa|sk)-[a-z0-9@.-]+ `)

// sshKey returns the public key that text is or that the file of this name holds.
func sshKey(text string) (string, error) {
	if text == "" || publicKey.MatchString(text) {
		return text, nil
	}
	content, err := os.ReadFile(text)
	if err != nil {
		return "", fmt.Errorf("--ssh-key: reading %q: %w", text, plainCause(err))
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(content)), "\n")
	if !publicKey.MatchString(line) {
		return "", failure{fmt.Errorf("--ssh-key: %q holds no public SSH key", text), "the public key is in the file whose name ends in .pub"}
	}
	return strings.TrimSpace(line), nil
}

// createFile writes a file that must not be there yet.
func createFile(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return failure{fmt.Errorf("%s is already there", path), "name another file with --output, or move it away"}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return failure{fmt.Errorf("writing %s: %w", path, plainCause(err)), "make its directory first"}
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, plainCause(err))
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err != nil {
		os.Remove(path)
		return fmt.Errorf("writing %s: %w", path, plainCause(err))
	}
	return nil
}
