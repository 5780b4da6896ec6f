// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hakube/hakube-seed/generator"
	"github.com/hakube/hakube-seed/generator/cluster"
	"github.com/hakube/hakube-seed/generator/secrets"
	"github.com/hakube/hakube-seed/seeds"
)

func genCommand(p *printer) *cli.Command {
	flags := []cli.Flag{
		&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "write the media into `DIR` (default: out/CLUSTER)", EnvVars: environment("output")},
		&cli.StringFlag{Name: "format", Value: formatISO, Usage: "write `FORMAT`: iso, vhdx (a disk, where Hyper-V finds the DVD too late), or dir for a directory per node", EnvVars: environment("format")},
		&cli.StringSliceFlag{Name: "only", Usage: "write the medium of `NODE` only; the others stay as they are"},
		&cli.BoolFlag{Name: "no-hyperv", Usage: "write no scripts for a Hyper-V host", DisableDefaultText: true, EnvVars: environment("no-hyperv")},
		strictFlag(),
	}
	return &cli.Command{
		Name:      "gen",
		Usage:     "write the media of a cluster",
		ArgsUsage: "INVENTORY",
		Description: "Writes one medium per node, the administrator's kubeconfig, manifest.json, SHA256SUMS, and in hyper-v scripts\n" +
			"by which a Hyper-V host makes the machines. The secrets of the cluster are made at the first run and used ever after;\n" +
			"the same inventory and secrets give the same bytes.\n\n" +
			"Example:\n   $ hakube-seed gen test/inventories/reference.yaml",
		Flags:  append(flags, storeFlags()...),
		Action: p.gen,
	}
}

func (p *printer) gen(c *cli.Context) error {
	path, format := c.Args().First(), c.String("format")
	if !slices.Contains(formats, format) {
		return usagef("", "--format: %q is none of %s", format, strings.Join(formats, ", "))
	}
	plan, diagnostics, err := planOf(path)
	if err != nil {
		return err
	}
	if err := p.judge(path, diagnostics, strictOf(c), "; nothing was written"); err != nil {
		return err
	}
	nodes, err := chosen(plan, c.StringSlice("only"))
	if err != nil {
		return err
	}
	dir := c.String("output")
	if dir == "" {
		dir = filepath.Join("out", plan.Name)
	}
	out, err := lookAt(dir, plan.Name)
	if err != nil {
		return err
	}
	store, err := storeOf(c, plan.Name)
	if err != nil {
		return err
	}
	kept, err := p.secretsFor(plan, out, store)
	if err != nil {
		return err
	}
	g, err := generator.New(plan, kept)
	if err != nil {
		return err
	}
	return p.writeOutput(c, job{plan, nodes, out, format, kept.Fingerprint(), g})
}

// chosen returns the nodes whose names are given, in the plan's order, or all.
func chosen(plan *cluster.Cluster, names []string) ([]cluster.Node, error) {
	if len(names) == 0 {
		return plan.Nodes, nil
	}
	var nodes []cluster.Node
	var known []string
	for _, n := range plan.Nodes {
		known = append(known, n.Name)
		if slices.Contains(names, n.Name) {
			nodes = append(nodes, n)
		}
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return nil, failure{fmt.Errorf("--only: cluster %q has no node %q", plan.Name, name), suggest(name, known, "")}
		}
	}
	return nodes, nil
}

// secretsFor returns the secrets of the cluster, made now if there are none and nothing was ever made from any.
func (p *printer) secretsFor(plan *cluster.Cluster, out output, store secrets.Store) (*secrets.Secrets, error) {
	policy := policyOf(plan)
	now := time.Now()
	kept, created, err := secrets.LoadOrCreate(out.protect(store), policy, now)
	if err != nil {
		return nil, err
	}
	if err := out.check(kept, store); err != nil {
		return nil, err
	}
	if created {
		p.notef("made the secrets of cluster %q in %s: keep a backup, without them the cluster cannot be changed", plan.Name, store)
		return kept, nil
	}
	ended := kept.AdminExpires()
	renewed, err := kept.RenewAdmin(policy.AdminGroup, now)
	if err != nil {
		return nil, fmt.Errorf("renewing the administrator's certificate: %w", err)
	}
	if !renewed {
		return kept, nil
	}
	if err := store.Replace(kept); err != nil {
		return nil, err
	}
	p.notef("renewed the administrator's certificate, which ends on %s; the one in the new kubeconfig ends on %s", day(ended), day(kept.AdminExpires()))
	return kept, nil
}

func policyOf(plan *cluster.Cluster) secrets.Policy {
	return secrets.Policy{
		Algorithm:      plan.Secrets.Algorithm,
		BootstrapToken: plan.Secrets.BootstrapToken,
		CertificateKey: plan.Secrets.CertificateKey,
		AdminGroup:     plan.Release.AdminGroup,
	}
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// job is what gen has decided to write.
type job struct {
	plan        *cluster.Cluster
	nodes       []cluster.Node
	out         output
	format      string
	fingerprint string
	generator   *generator.Generator
}

func (p *printer) writeOutput(c *cli.Context, j job) (err error) {
	m := manifest{
		Tool:              "hakube-seed " + version(),
		Cluster:           j.plan.Name,
		KubernetesVersion: j.plan.Version.String(),
		Endpoint:          fmt.Sprintf("%s:%d", j.plan.Endpoint.Name, j.plan.Endpoint.Port),
		Secrets:           j.fingerprint,
	}
	if err := j.out.prepare(m); err != nil {
		return err
	}
	images, err := seeds.NewWriter()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, images.Close()) }()
	var screen sync.Mutex
	w := mediaWriter{j.out.dir, j.format, images, func(n int) {
		screen.Lock()
		defer screen.Unlock()
		p.progress(n, len(j.nodes))
	}}
	if m.Nodes, err = w.writeAll(c.Context, j.generator, j.nodes); err != nil {
		return err
	}
	kubeconfig, err := j.generator.Kubeconfig()
	if err != nil {
		return err
	}
	if err := writeFile(filepath.Join(j.out.dir, kubeconfigName), 0o600, kubeconfig); err != nil {
		return err
	}
	if err := j.complete(&m); err != nil {
		return err
	}
	if err := m.write(j.out.dir); err != nil {
		return err
	}
	scripted := j.format != formatDir && !c.Bool("no-hyperv")
	if scripted {
		if err := writeHyperV(j); err != nil {
			return err
		}
	}
	p.clear()
	p.report(j)
	p.notef("\nAttach each medium to its machine as a CD or DVD and power the machines on, in any order. Then:")
	if scripted {
		p.notef("(On a Hyper-V host %s makes the machines.)", filepath.Join(j.out.dir, hyperVDir, "New-HAKubeCluster.ps1"))
	}
	p.notef("   kubectl --kubeconfig %s get nodes", filepath.Join(j.out.dir, kubeconfigName))
	return nil
}

// complete adds to the manifest what it says of the nodes that --only left out, as the directory says it now.
func (j job) complete(m *manifest) error {
	previous, err := readManifest(j.out.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var names []string
	for _, n := range j.plan.Nodes {
		names = append(names, n.Name)
	}
	m.keep(previous, names)
	return nil
}

// report prints what was written.
func (p *printer) report(j job) {
	rows := [][]string{{"NODE", "ROLE", "ADDRESS", "MEDIUM"}}
	for _, n := range j.nodes {
		rows = append(rows, []string{n.Name, string(n.Role), n.Address.String(), filepath.Join(j.out.dir, mediumName(j.format, n))})
	}
	p.table(rows)
	for _, name := range j.out.strays(j.plan, j.format) {
		p.warningf("%s is not a medium of this inventory in this format; it was left as it is", filepath.Join(j.out.dir, name))
	}
}
