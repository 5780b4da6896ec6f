// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hakube/hakube-seed/cmd/hakube-seed/clusterapi"
	"github.com/hakube/hakube-seed/generator"
	"github.com/hakube/hakube-seed/generator/cluster"
	"github.com/hakube/hakube-seed/generator/progress"
)

const defaultPatience = 30 * time.Minute

func watchCommand(p *printer) *cli.Command {
	return &cli.Command{
		Name:      "watch",
		Usage:     "show how a cluster comes up",
		ArgsUsage: "INVENTORY",
		Description: "Shows every machine of the inventory, the step it is at, and why a step failed: from serial consoles, from events that\n" +
			"machines post, and from the API once it answers. On a terminal it is a table, otherwise a line for each event.\n\n" +
			"A console is a file that grows (read from its beginning), a unix socket, a pipe (on Windows \\\\.\\pipe\\NAME) or a\n" +
			"terminal device; it need not be there yet. --serial '*=vms/{}/console.log' names those of all machines at once. Who can\n" +
			"reach the address of --listen can tell watch anything: it changes what watch shows, and how it ends.\n\n" +
			"The exit code is 0 when the cluster is complete, 1 when a step has failed, and 3 when the time is over.\n\n" +
			"Example:\n   $ hakube-seed watch test/inventories/reference.yaml --serial k8s-master1=k8s-master1.log",
		Flags: []cli.Flag{
			&cli.StringSliceFlag{Name: "serial", Usage: "read the console of a node: `NODE=PATH`; with * for NODE, {} in PATH is the name of each"},
			&cli.StringFlag{Name: "listen", Usage: "take events by HTTP POST at `ADDRESS:PORT`", EnvVars: environment("listen")},
			kubeconfigFlag(),
			&cli.BoolFlag{Name: "json", Usage: "print each event as JSON, one a line", DisableDefaultText: true},
			&cli.BoolFlag{Name: "keep-going", Usage: "watch on when a step fails: machines try again by themselves", DisableDefaultText: true},
			timeoutFlag(),
		},
		Action: p.watch,
	}
}

func kubeconfigFlag() cli.Flag {
	return &cli.StringFlag{Name: "kubeconfig", Usage: "ask the API by `FILE` (default: kubeconfig, beside the media)", EnvVars: environment("kubeconfig")}
}

func timeoutFlag() cli.Flag {
	return &cli.DurationFlag{Name: "timeout", Value: defaultPatience, Usage: "give up after `TIME`", EnvVars: environment("timeout")}
}

func (p *printer) watch(c *cli.Context) error {
	plan, err := p.planFor(c.Args().First())
	if err != nil {
		return err
	}
	consoles, err := consolesOf(plan, c.StringSlice("serial"))
	if err != nil {
		return err
	}
	client, err := clientBeside(c.String("kubeconfig"), filepath.Join("out", plan.Name))
	noAPI := errors.Is(err, fs.ErrNotExist) && c.String("kubeconfig") == ""
	if err != nil && !noAPI {
		return err
	}
	if noAPI && len(consoles) == 0 && c.String("listen") == "" {
		return failure{
			fmt.Errorf("there is nothing to watch: no --serial, no --listen, and no kubeconfig in %s", filepath.Join("out", plan.Name)),
			"name a console with --serial NODE=PATH, or the kubeconfig that gen wrote with --kubeconfig",
		}
	}
	w := newWatching(plan, p.viewFor(c))
	w.limit, w.keepGoing = c.Duration("timeout"), c.Bool("keep-going")
	ctx, stop := context.WithCancel(c.Context)
	defer stop()
	for _, console := range consoles {
		go console.follow(ctx, w.teller(ctx, "console "+console.node))
	}
	if address := c.String("listen"); address != "" {
		at, err := listen(ctx, address, w.teller(ctx, "http"))
		if err != nil {
			return err
		}
		w.view.note("events are taken at http://"+at+"/", time.Now())
	}
	if client != nil {
		go w.ask(ctx, client, expectedOf(plan))
	}
	return w.run(ctx)
}

// planFor reads an inventory for a command that changes nothing; its warnings are for check and gen.
func (p *printer) planFor(path string) (*cluster.Cluster, error) {
	plan, diagnostics, err := planOf(path)
	if err != nil || !diagnostics.HasErrors() {
		return plan, err
	}
	return nil, p.judge(path, diagnostics, warningsPass, "")
}

// consolesOf reads the values of --serial.
func consolesOf(plan *cluster.Cluster, values []string) ([]console, error) {
	var names []string
	for _, n := range plan.Nodes {
		names = append(names, n.Name)
	}
	var consoles []console
	for _, value := range values {
		name, path, found := strings.Cut(value, "=")
		if !found || name == "" || path == "" {
			return nil, usagef("write --serial NODE=PATH", "--serial: %q does not say which node and which path", value)
		}
		if name == "*" {
			if !strings.Contains(path, "{}") {
				return nil, usagef("write {} where the name of the node stands in PATH", "--serial: %q is one console for all nodes", value)
			}
			for _, n := range names {
				consoles = append(consoles, console{n, strings.ReplaceAll(path, "{}", n)})
			}
			continue
		}
		if _, err := chosen(plan, []string{name}); err != nil {
			return nil, failure{fmt.Errorf("--serial: cluster %q has no node %q", plan.Name, name), suggest(name, names, "")}
		}
		consoles = append(consoles, console{name, path})
	}
	return consoles, nil
}

// clientBeside returns who asks the API: by the kubeconfig of that path, or by the one in a directory of media.
func clientBeside(path, dir string) (*clusterapi.Client, error) {
	if path == "" {
		path = filepath.Join(dir, kubeconfigName)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, failure{fmt.Errorf("reading the kubeconfig %s: %w", path, plainCause(err)), "name the one that gen wrote with --kubeconfig"}
	}
	client, err := clusterapi.New(data)
	if err != nil {
		return nil, failure{fmt.Errorf("%s is %w", path, err), "name the one that gen wrote with --kubeconfig"}
	}
	return client, nil
}

// expectedOf is what the API must say of a plan.
func expectedOf(plan *cluster.Cluster) clusterapi.Expected {
	want := clusterapi.Expected{Version: plan.Version.String()}
	for _, n := range plan.Nodes {
		want.Add(n.Name, string(n.Role))
	}
	return want
}

// machinesOf returns the machines of a plan with their steps.
func machinesOf(plan *cluster.Cluster) []progress.Expected {
	var machines []progress.Expected
	for _, n := range plan.Nodes {
		m := progress.Expected{Name: n.Name, Role: string(n.Role)}
		for _, s := range generator.Sequence(plan, n) {
			m.Steps = append(m.Steps, s.Name)
		}
		machines = append(machines, m)
	}
	return machines
}
