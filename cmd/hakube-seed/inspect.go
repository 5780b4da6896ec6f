// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/hakube/hakube-seed/seeds"
)

func inspectCommand(p *printer) *cli.Command {
	return &cli.Command{
		Name:      "inspect",
		Usage:     "show what a medium is and what it carries",
		ArgsUsage: "MEDIUM",
		Description: "MEDIUM is an ISO image or the directory of one node (gen --format dir). Shows the node, the steps that it will\n" +
			"run, the files that it will get and which of them hold secrets; never the secrets themselves.\n\n" +
			"Example:\n   $ hakube-seed inspect out/reference/k8s-lb.iso",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "file", Usage: "print the guest file at `PATH`"},
			&cli.BoolFlag{Name: "show-secrets", Usage: "let --file print a file that holds a secret", DisableDefaultText: true},
			&cli.BoolFlag{Name: "json", Usage: "print JSON", DisableDefaultText: true},
		},
		Action: func(c *cli.Context) error {
			if c.IsSet("file") && c.Bool("json") {
				return usagef("leave one of them out", "--file prints a file and --json a summary")
			}
			m, err := readMedium(c.Args().First())
			switch {
			case err != nil:
				return err
			case c.Bool("json"):
				return p.mediumJSON(m)
			case !c.IsSet("file"):
				p.medium(m)
				return nil
			}
			f, err := guestFile(m, c.String("file"))
			if err != nil {
				return err
			}
			if f.Secret != "" && !c.Bool("show-secrets") {
				return failure{fmt.Errorf("%s holds a secret: %s", f.Path, f.Secret), "add --show-secrets to print it all the same"}
			}
			_, err = p.Write(f.Content)
			return err
		},
	}
}

// guestFile returns the guest file at path.
func guestFile(m medium, path string) (seeds.GuestFile, error) {
	var paths []string
	for _, f := range m.Files {
		if f.Path == path {
			return f, nil
		}
		paths = append(paths, f.Path)
	}
	return seeds.GuestFile{}, failure{
		fmt.Errorf("the medium has no guest file %q", path),
		suggest(path, paths, "without --file, inspect lists the guest files"),
	}
}

// medium prints a medium for people.
func (p *printer) medium(m medium) {
	p.table([][]string{
		{"node", m.Record.Node},
		{"role", m.Record.Role},
		{"address", m.Record.Address},
		{"cluster", m.Record.Cluster},
		{"Kubernetes", m.Record.KubernetesVersion},
		{"endpoint", m.Record.Endpoint},
		{"instance-id", m.Record.InstanceID},
	})
	p.resultf("\nsteps")
	for i, step := range m.Record.Steps {
		p.resultf("  %2d  %s", i+1, step)
	}
	p.resultf("\nguest files")
	rows := make([][]string, len(m.Files))
	for i, f := range m.Files {
		rows[i] = []string{fmt.Sprintf("  %04o", f.Mode), fmt.Sprintf("%7d", len(f.Content)), f.Path}
		if f.Secret != "" {
			rows[i] = append(rows[i], "("+f.Secret+")")
		}
	}
	p.table(rows)
	p.resultf("\nsecrets on this medium")
	for _, s := range m.SecretNames() {
		p.resultf("  %s", s)
	}
	if len(m.SecretNames()) == 0 {
		p.resultf("  none")
	}
}

// mediumJSON prints a medium for programs.
func (p *printer) mediumJSON(m medium) error {
	type file struct {
		Path   string `json:"path"`
		Mode   string `json:"mode"`
		Size   int    `json:"size"`
		Secret string `json:"secret,omitempty"`
	}
	files := make([]file, len(m.Files))
	for i, f := range m.Files {
		files[i] = file{f.Path, fmt.Sprintf("%04o", f.Mode), len(f.Content), f.Secret}
	}
	m.Record.Secrets = nil // said by files and carries
	out := json.NewEncoder(p)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(struct {
		seeds.NodeRecord
		Files   []file   `json:"files"`
		Carries []string `json:"carries"`
	}{m.Record, files, m.SecretNames()})
}
