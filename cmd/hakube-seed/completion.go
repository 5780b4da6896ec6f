// SPDX-License-Identifier: Apache-2.0

package main

import (
	_ "embed"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// The scripts know nothing of the commands: each asks `hakube-seed complete` for the words that fit.
var (
	//go:embed completion/bash
	bashCompletion string
	//go:embed completion/zsh
	zshCompletion string
	//go:embed completion/fish
	fishCompletion string
	//go:embed completion/powershell
	powershellCompletion string
)

// choices are the values of the flags that have a fixed set of them.
var choices = map[string][]string{"--format": formats}

func completionCommand(p *printer) *cli.Command {
	scripts := []struct{ shell, script string }{
		{"bash", bashCompletion}, {"zsh", zshCompletion}, {"fish", fishCompletion}, {"powershell", powershellCompletion},
	}
	var commands []*cli.Command
	for _, s := range scripts {
		commands = append(commands, &cli.Command{
			Name:        s.shell,
			Usage:       "print the completion script for " + s.shell,
			Description: "The first lines of the script say where it goes.\n\nExample:\n   $ hakube-seed completion " + s.shell,
			Action: func(*cli.Context) error {
				_, err := p.Write([]byte(s.script))
				return err
			},
		})
	}
	return &cli.Command{
		Name:        "completion",
		Usage:       "print a script that completes commands and flags in your shell",
		Description: "Example:\n   $ source <(hakube-seed completion bash)",
		Subcommands: commands,
	}
}

// completeCommand is what the completion scripts call, with the words of the command line up to the cursor. It prints
// the words that fit, or nothing where a file name does.
func completeCommand(p *printer) *cli.Command {
	return &cli.Command{
		Name:            "complete",
		Hidden:          true,
		SkipFlagParsing: true,
		Action: func(c *cli.Context) error {
			for _, word := range complete(tree(c.App), c.Args().Slice()) {
				p.resultf("%s", word)
			}
			return nil
		},
	}
}

// complete returns the words that can stand where the last of words is being typed.
func complete(root *cli.Command, words []string) []string {
	if len(words) == 0 {
		words = []string{""}
	}
	last := words[len(words)-1]
	l := line{command: root}
	for rest := words[:len(words)-1]; len(rest) > 0; {
		if _, isFlag := strings.CutPrefix(rest[0], "-"); isFlag && len(rest) == 1 && !strings.Contains(rest[0], "=") {
			flag := findFlag(l.command.Flags, strings.TrimLeft(rest[0], "-"))
			if flag != nil && takesValue(flag) {
				return startingWith(last, choices[spell(flag.Names()[0])])
			}
		}
		var err error
		if rest, err = l.take(rest); err != nil {
			return nil
		}
	}
	if strings.HasPrefix(last, "-") {
		return startingWith(last, spelledNames(l.command.Flags))
	}
	var names []string
	for _, c := range l.command.Subcommands {
		if !c.Hidden {
			names = append(names, c.Name)
		}
	}
	return startingWith(last, names)
}

// startingWith returns the words that start with prefix; short flags are left out, as there is nothing to complete.
func startingWith(prefix string, words []string) []string {
	return slices.DeleteFunc(slices.Clone(words), func(w string) bool {
		return !strings.HasPrefix(w, prefix) || len(w) == 2 && w[0] == '-'
	})
}
