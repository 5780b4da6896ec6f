// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"io"
	"strings"

	"github.com/urfave/cli/v2"
)

const (
	appHelp = `{{.Name}}: {{.Usage}}

{{.Description}}

Usage: {{.UsageText}}

Commands:{{template "visibleCommandTemplate" .}}

Flags:{{template "visibleFlagTemplate" .}}

{{.HelpName}} COMMAND --help shows the flags and an example of a command.
`
	commandHelp = `{{.HelpName}}: {{.Usage}}

Usage: {{.UsageText}}

{{.Description}}
{{if .VisibleCommands}}
Commands:{{template "visibleCommandTemplate" .}}
{{end}}
Flags:{{template "visibleFlagTemplate" .}}
`
)

// run does what the command line args says and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	p := newPrinter(stdout, stderr)
	app := newApp(p)
	args, err := arrange(tree(app), args)
	if err == nil {
		err = app.RunContext(ctx, append([]string{app.Name}, args...))
	}
	if err == nil {
		err = p.broken
	}
	if err != nil {
		p.failed(err)
	}
	return exitCode(err)
}

func newApp(p *printer) *cli.App {
	app := &cli.App{
		Name:      "hakube-seed",
		HelpName:  "hakube-seed",
		Usage:     "one inventory in, one bootable seed per machine out",
		UsageText: "hakube-seed COMMAND [flags]",
		Description: "Writes one small ISO image per machine of an inventory. Attach them, power the machines on in any order,\n" +
			"and they become a highly available Kubernetes cluster by themselves.",
		Version: version(),
		// cli's own flag prints through a variable of its package; this one needs none.
		HideVersion: true,
		Flags:       []cli.Flag{&cli.BoolFlag{Name: "version", Aliases: []string{"v"}, Usage: "print the version", DisableDefaultText: true}},
		Action: func(c *cli.Context) error {
			p.resultf("%s %s", c.App.Name, c.App.Version)
			return nil
		},
		Commands: []*cli.Command{
			genCommand(p), checkCommand(p), explainCommand(p), initCommand(p), schemaCommand(p),
			watchCommand(p), statusCommand(p), waitCommand(p),
			inspectCommand(p), diffCommand(p), secretsCommand(p), bundleCommand(p),
			completionCommand(p), completeCommand(p), docsCommand(p),
		},
		Writer:                p,
		ErrWriter:             p.err,
		HideHelpCommand:       true,
		CustomAppHelpTemplate: appHelp,
		// Without it cli ends the process itself as soon as an error has an ExitCode method.
		ExitErrHandler: func(*cli.Context, error) {},
		OnUsageError:   onUsageError,
	}
	app.Setup()
	for _, c := range app.Commands {
		prepare(c)
	}
	return app
}

// prepare gives a command and its subcommands what all commands have in common.
func prepare(c *cli.Command) {
	c.HideHelpCommand = true
	c.CustomHelpTemplate = commandHelp
	c.OnUsageError = onUsageError
	c.UsageText = usageLine(c)
	if !c.SkipFlagParsing {
		c.Flags = append(c.Flags, cli.HelpFlag)
	}
	for _, sub := range c.Subcommands {
		sub.HelpName = c.HelpName + " " + sub.Name
		prepare(sub)
	}
}

// onUsageError keeps cli from printing its own message and the whole help on standard output.
func onUsageError(_ *cli.Context, err error, _ bool) error { return usageError{err.Error(), ""} }

// tree returns the app as the root of its command tree.
func tree(app *cli.App) *cli.Command {
	return &cli.Command{Name: app.Name, HelpName: app.HelpName, Flags: app.Flags, Subcommands: app.Commands}
}

// environment returns the variable that sets a flag where the command line does not.
func environment(flag string) []string {
	return []string{"HAKUBE_SEED_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))}
}
