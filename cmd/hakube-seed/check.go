// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/hakube/hakube-seed/generator/cluster"
)

func checkCommand(p *printer) *cli.Command {
	return &cli.Command{
		Name:      "check",
		Usage:     "say what is wrong with an inventory",
		ArgsUsage: "INVENTORY",
		Description: "Reports everything that gen would report, and writes nothing.\n\n" +
			"Example:\n   $ hakube-seed check inventory.yaml",
		Flags: []cli.Flag{strictFlag()},
		Action: func(c *cli.Context) error {
			path := c.Args().First()
			plan, diagnostics, err := planOf(path)
			if err != nil {
				return err
			}
			if err := p.judge(path, diagnostics, strictOf(c), ""); err != nil {
				return err
			}
			verdict := "nothing is wrong"
			if len(diagnostics) > 0 {
				verdict = tally(diagnostics)
			}
			p.resultf("%s: %s: %s", path, describe(plan), verdict)
			return nil
		},
	}
}

func strictFlag() cli.Flag {
	return &cli.BoolFlag{Name: "strict", Usage: "let warnings stop it, too", EnvVars: environment("strict"), DisableDefaultText: true}
}

func strictOf(c *cli.Context) strictness {
	if c.Bool("strict") {
		return warningsFail
	}
	return warningsPass
}

// describe returns a cluster in one line.
func describe(c *cluster.Cluster) string {
	parts := []string{fmt.Sprintf("cluster %q", c.Name), "Kubernetes " + c.Version.String()}
	for _, role := range []cluster.Role{cluster.RoleControlPlane, cluster.RoleWorker, cluster.RoleLoadBalancer, cluster.RoleEtcd} {
		if n := len(c.NodesWith(role)); n > 0 {
			parts = append(parts, count(n, role.Noun()))
		}
	}
	return strings.Join(parts, ", ")
}
