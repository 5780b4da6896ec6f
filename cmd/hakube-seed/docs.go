// SPDX-License-Identifier: Apache-2.0

package main

import (
	_ "embed"
	"strings"
	"text/template"

	"github.com/cpuguy83/go-md2man/v2/md2man"
	"github.com/urfave/cli/v2"

	"github.com/hakube/hakube-seed/generator"
	"github.com/hakube/hakube-seed/generator/cluster"
)

// reference is the page that both formats are made from; cli's own leaves out descriptions and environment variables.
//
//go:embed docs.md.tmpl
var reference string

// stepsPage is docs/steps.md but for the table.
//
//go:embed steps.md.tmpl
var stepsPage string

// portsPage is docs/ports.md but for the table.
//
//go:embed ports.md.tmpl
var portsPage string

func docsCommand(p *printer) *cli.Command {
	return &cli.Command{
		Name:   "docs",
		Usage:  "print the reference of all commands",
		Hidden: true,
		Subcommands: []*cli.Command{{
			Name:        "man",
			Usage:       "print it as a man page",
			Description: "Example:\n   $ hakube-seed docs man > hakube-seed.1",
			Action: func(c *cli.Context) error {
				page, err := referenceOf(c.App)
				if err != nil {
					return err
				}
				_, err = p.Write(md2man.Render([]byte("% hakube-seed 1\n\n" + page)))
				return err
			},
		}, {
			Name:        "markdown",
			Usage:       "print it as Markdown",
			Description: "Example:\n   $ hakube-seed docs markdown > commands.md",
			Action: func(c *cli.Context) error {
				page, err := referenceOf(c.App)
				if err != nil {
					return err
				}
				_, err = p.Write([]byte(page))
				return err
			},
		}, {
			Name:        "ports",
			Usage:       "print what firewalls let in, as Markdown",
			Description: "Example:\n   $ hakube-seed docs ports > docs/ports.md",
			Action: func(*cli.Context) error {
				page, err := filled(portsPage, cluster.PortTable())
				if err != nil {
					return err
				}
				_, err = p.Write([]byte(page))
				return err
			},
		}, {
			Name:        "steps",
			Usage:       "print what the steps of the bootstrap are for, as Markdown",
			Description: "Example:\n   $ hakube-seed docs steps > docs/steps.md",
			Action: func(*cli.Context) error {
				page, err := filled(stepsPage, generator.StepTexts())
				if err != nil {
					return err
				}
				_, err = p.Write([]byte(page))
				return err
			},
		}},
		Description: "Example:\n   $ hakube-seed docs man > hakube-seed.1",
	}
}

// entry is what the reference says of one command.
type entry struct {
	Name, Usage, UsageLine, Text, Example string
	Flags                                 []flagEntry
}

// flagEntry is what the reference says of one flag.
type flagEntry struct{ Names, Usage, Environment string }

func referenceOf(app *cli.App) (string, error) {
	view := struct {
		App     *cli.App
		Entries []entry
	}{app, entries(app.Commands)}
	return filled(reference, view)
}

// filled is a page with the view in it.
func filled(page string, view any) (string, error) {
	t, err := template.New("docs").Parse(page)
	if err != nil {
		return "", err
	}
	var text strings.Builder
	err = t.Execute(&text, view)
	return text.String(), err
}

func entries(commands []*cli.Command) []entry {
	var all []entry
	for _, c := range commands {
		if c.Hidden {
			continue
		}
		text, example, _ := strings.Cut(c.Description, "Example:\n")
		all = append(all, entry{c.HelpName, c.Usage, c.UsageText, strings.TrimSpace(text), strings.TrimSpace(example), flagEntries(c.Flags)})
		all = append(all, entries(c.Subcommands)...)
	}
	return all
}

func flagEntries(flags []cli.Flag) []flagEntry {
	var all []flagEntry
	for _, f := range flags {
		documented, ok := f.(cli.DocGenerationFlag)
		if !ok || f == cli.HelpFlag {
			continue
		}
		// cli knows how to show names, placeholder and default: "--format value, -f value<tab>usage".
		names, usage, _ := strings.Cut(cli.FlagStringer(f), "\t")
		usage, _, _ = strings.Cut(usage, " [$")
		all = append(all, flagEntry{names, strings.TrimSpace(usage), strings.Join(documented.GetEnvVars(), ", ")})
	}
	return all
}
