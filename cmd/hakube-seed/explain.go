// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hakube/hakube-seed/generator"
	"github.com/hakube/hakube-seed/generator/cluster"
	"github.com/hakube/hakube-seed/generator/picture"
	"github.com/hakube/hakube-seed/generator/secrets"
)

// pageWidth is how wide explanations are, in columns.
const pageWidth = 100

func explainCommand(p *printer) *cli.Command {
	return &cli.Command{
		Name:      "explain",
		Usage:     "say what will happen on the machines, and what lands there",
		ArgsUsage: "INVENTORY [NODE]",
		Description: "Tells the steps of a node: what each does, what it waits for, after which time it has failed, and which guest files and\n" +
			"secrets it uses, and why. Without NODE it tells the steps of all nodes, without files. It needs no secrets and makes none.\n\n" +
			"Example:\n   $ hakube-seed explain test/inventories/reference.yaml k8s-master1",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "svg", Usage: "draw the cluster into `FILE` instead: machines, ports, order of the bootstrap"},
		},
		Action: p.explain,
	}
}

func (p *printer) explain(c *cli.Context) error {
	plan, err := p.planFor(c.Args().First())
	if err != nil {
		return err
	}
	name, svg := c.Args().Get(1), c.String("svg")
	if svg != "" && name != "" {
		return usagef("leave "+name+" out", "--svg draws the whole cluster, not one node")
	}
	if svg != "" {
		drawn, err := picture.Draw(plan)
		if err != nil {
			return err
		}
		return writeFile(svg, 0o644, drawn)
	}
	if name == "" {
		p.explainAll(plan)
		return nil
	}
	i := slices.IndexFunc(plan.Nodes, func(n cluster.Node) bool { return n.Name == name })
	if i < 0 {
		var names []string
		for _, n := range plan.Nodes {
			names = append(names, n.Name)
		}
		return failure{fmt.Errorf("cluster %q has no node %q", plan.Name, name), suggest(name, names, "")}
	}
	return p.explainNode(plan, plan.Nodes[i])
}

// explainNode prints the steps of a node with the files of its medium.
func (p *printer) explainNode(plan *cluster.Cluster, n cluster.Node) error {
	// Which files there are does not depend on the secrets' values, so any will do; these are forgotten at once.
	policy := policyOf(plan)
	policy.Algorithm = "ECDSA-P256"
	any, err := secrets.New(policy, time.Now())
	if err != nil {
		return err
	}
	g, err := generator.New(plan, any)
	if err != nil {
		return err
	}
	e, err := g.Explain(n)
	if err != nil {
		return err
	}
	p.resultf("%s, %s, %s", n.Name, called(plan, n), n.Address)
	for i, s := range e.Steps {
		p.explainStep(i+1, s)
		p.explainFiles(s.Files)
	}
	p.resultf("\nbesides, for all steps")
	p.explainFiles(e.Engine)
	return nil
}

// explainAll prints the steps of all nodes, once for those that have the same.
func (p *printer) explainAll(plan *cluster.Cluster) {
	type group struct {
		role  string
		names []string
		steps []generator.ExplainedStep
	}
	var groups []group
	for _, n := range plan.Nodes {
		steps := generator.Sequence(plan, n)
		role := called(plan, n)
		i := slices.IndexFunc(groups, func(g group) bool {
			return g.role == role && slices.EqualFunc(g.steps, steps, func(a, b generator.ExplainedStep) bool { return a.Step == b.Step && a.Does == b.Does })
		})
		if i < 0 {
			groups = append(groups, group{role: role, steps: steps})
			i = len(groups) - 1
		}
		groups[i].names = append(groups[i].names, n.Name)
	}
	for i, g := range groups {
		if i > 0 {
			p.resultf("")
		}
		p.paragraph("", strings.Join(g.names, ", ")+": "+g.role)
		for i, s := range g.steps {
			p.explainStep(i+1, s)
		}
	}
}

// called is what a node is to its cluster.
func called(plan *cluster.Cluster, n cluster.Node) string {
	noun := n.Role.Noun()
	if n.Name == plan.FirstControlPlane().Name && len(plan.NodesWith(cluster.RoleControlPlane)) > 1 {
		noun = "first " + noun
	}
	return fmt.Sprintf("%s of cluster %q", noun, plan.Name)
}

func (p *printer) explainStep(number int, s generator.ExplainedStep) {
	p.resultf("\n%2d  %s (%s at most)", number, s.Name, limitText(s.Limit))
	p.paragraph("    ", s.Does)
	if s.Waits != "" {
		p.paragraph("    ", "Waits for "+s.Waits+".")
	}
}

func (p *printer) explainFiles(files []generator.ExplainedFile) {
	for _, f := range files {
		text := f.Path
		if f.Secret != "" {
			text += " (holds: " + f.Secret + ")"
		}
		mode := fmt.Sprintf("      %04o  ", f.Mode)
		for _, line := range wrap(text+": "+f.Why, pageWidth-len(mode)) {
			p.resultf("%s%s", mode, line)
			mode = strings.Repeat(" ", len(mode))
		}
	}
}

// paragraph prints a text in lines of the page's width, each behind the indent.
func (p *printer) paragraph(indent, text string) {
	for _, line := range wrap(text, pageWidth-len(indent)) {
		p.resultf("%s%s", indent, line)
	}
}

// limitText spells a limit, which is a whole number of seconds and mostly of minutes.
func limitText(limit time.Duration) string {
	switch {
	case limit%time.Hour == 0:
		return fmt.Sprintf("%d h", limit/time.Hour)
	case limit%time.Minute == 0:
		return fmt.Sprintf("%d min", limit/time.Minute)
	}
	return fmt.Sprintf("%d s", limit/time.Second)
}
