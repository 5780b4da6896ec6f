// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hakube/hakube-seed/cmd/hakube-seed/clusterapi"
)

// errIncomplete ends status with exit code 1 and without a message: what it printed is the message.
var errIncomplete = errors.New("not complete")

func statusCommand(p *printer) *cli.Command {
	return &cli.Command{
		Name:      "status",
		Usage:     "look at a cluster through its API",
		ArgsUsage: "INVENTORY|DIR",
		Description: "Says what a cluster has and what it lacks: nodes and their versions, control planes, etcd, DNS, the pod network, join\n" +
			"credentials; and when certificates end. DIR is a directory that gen wrote, or the kubeconfig in it. The exit code is 0 when the cluster is\n" +
			"complete and 1 when it is not.\n\n" +
			"Example:\n   $ hakube-seed status out/reference",
		Flags: []cli.Flag{
			kubeconfigFlag(),
			&cli.BoolFlag{Name: "json", Usage: "print it as JSON", DisableDefaultText: true},
		},
		Action: func(c *cli.Context) error {
			t, err := p.targetOf(c)
			if err != nil {
				return err
			}
			verdict := t.look(c.Context)
			if c.Bool("json") {
				err = p.verdictJSON(t, verdict)
			} else {
				p.verdict(t, verdict)
			}
			if err == nil && !verdict.Complete {
				return errIncomplete
			}
			return err
		},
	}
}

// target is a cluster to look at.
type target struct {
	name   string
	want   clusterapi.Expected
	client *clusterapi.Client
}

// targetOf returns the cluster of an inventory, or of a directory of media, whose manifest says what is in it.
func (p *printer) targetOf(c *cli.Context) (target, error) {
	path := c.Args().First()
	if filepath.Base(path) == kubeconfigName {
		path = filepath.Dir(path)
	}
	dir, t := path, target{}
	switch info, err := os.Stat(path); {
	case err == nil && info.IsDir():
		m, err := readManifest(path)
		if errors.Is(err, fs.ErrNotExist) {
			return t, failure{fmt.Errorf("%s has no %s: gen did not write it", path, manifestName), "name the directory that gen wrote, or the inventory"}
		}
		if err != nil {
			return t, err
		}
		t.name, t.want.Version = m.Cluster, m.KubernetesVersion
		for _, n := range m.Nodes {
			t.want.Add(n.Node, n.Role)
		}
	default:
		plan, err := p.planFor(path)
		if err != nil {
			return t, err
		}
		t.name, t.want, dir = plan.Name, expectedOf(plan), filepath.Join("out", plan.Name)
	}
	var err error
	t.client, err = clientBeside(c.String("kubeconfig"), dir)
	return t, err
}

func (t target) look(ctx context.Context) clusterapi.Verdict {
	facts, err := t.client.Look(ctx)
	if err != nil {
		return clusterapi.Unreachable(err)
	}
	return t.client.Judge(facts, t.want)
}

func (p *printer) verdictJSON(t target, v clusterapi.Verdict) error {
	var text bytes.Buffer
	out := json.NewEncoder(&text)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	if err := out.Encode(struct {
		Cluster string `json:"cluster"`
		clusterapi.Verdict
	}{t.name, v}); err != nil {
		return err
	}
	_, err := p.Write(text.Bytes())
	return err
}

// verdict prints a verdict for people.
func (p *printer) verdict(t target, v clusterapi.Verdict) {
	state := "complete"
	if !v.Complete {
		state = "not complete"
	}
	p.resultf("cluster %q, Kubernetes %s: %s\n", t.name, t.want.Version, state)
	var rows [][]string
	for _, c := range v.Checks {
		mark := "ok"
		if !c.Passed {
			mark = "missing"
		}
		rows = append(rows, []string{mark, c.Name, c.Detail})
	}
	p.table(rows)
	if len(v.Nodes) > 0 {
		rows = [][]string{{"NODE", "ROLE", "READY", "KUBELET"}}
		for _, n := range v.Nodes {
			ready := "no"
			if n.Ready {
				ready = "yes"
			}
			rows = append(rows, []string{n.Name, n.Role, ready, n.Version})
		}
		p.resultf("")
		p.table(rows)
	}
	p.expiries(v, time.Now())
}

// expiries prints what ends when.
func (p *printer) expiries(v clusterapi.Verdict, now time.Time) {
	var rows [][]string
	for _, list := range [][]clusterapi.Expiry{v.Certificates, v.Credentials} {
		for _, e := range list {
			rows = append(rows, []string{e.What, endText(e.Ends, now)})
		}
	}
	if len(rows) > 0 {
		p.resultf("")
		p.table(append([][]string{{"WHAT", "ENDS"}}, rows...))
	}
}

// endText says when something ends, as exactly as the reader has use for.
func endText(ends, now time.Time) string {
	left := ends.Sub(now)
	switch {
	case ends.IsZero():
		return "never: delete it"
	case left <= 0:
		return day(ends) + ": it is over"
	case left < 48*time.Hour:
		return fmt.Sprintf("%s, in %s", ends.UTC().Format("2006-01-02 15:04 UTC"), clockText(left))
	}
	return fmt.Sprintf("%s, in %d days", day(ends), int(left.Hours()/24))
}
