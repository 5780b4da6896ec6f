// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
	"github.com/xrash/smetrics"
)

// arrange checks args against the command tree and returns them in the only order that urfave/cli/v2 understands:
// command, flags, arguments. By itself cli stops reading flags at the first argument and then drops the later ones
// without a word (its issues 976, 1177 and 1733), so `gen inventory.yaml --strict` would not be strict.
func arrange(root *cli.Command, args []string) ([]string, error) {
	if len(args) > 0 && args[0] == "help" {
		args = append(slices.Clone(args[1:]), "--help")
	}
	l := line{command: root}
	for len(args) > 0 {
		if l.command.SkipFlagParsing {
			return append(l.path, args...), nil
		}
		var err error
		if args, err = l.take(args); err != nil {
			return nil, err
		}
	}
	if l.instead != "" {
		return append(l.path, l.instead), nil
	}
	if err := l.complete(); err != nil {
		return nil, err
	}
	arranged := append(l.path, l.flags...)
	if len(l.arguments) > 0 {
		arranged = append(append(arranged, "--"), l.arguments...)
	}
	return arranged, nil
}

// line is a command line of which some words have been read.
type line struct {
	command                *cli.Command
	path, flags, arguments []string
	literal                bool   // after --, everything is an argument
	instead                string // --help or --version, which make everything else irrelevant
}

// take reads the first word of args, with its value if it is a flag that has one, and returns the rest.
func (l *line) take(args []string) ([]string, error) {
	word, rest := args[0], args[1:]
	switch {
	case l.literal || word == "-" || !strings.HasPrefix(word, "-"):
		return rest, l.takeWord(word)
	case word == "--":
		l.literal = true
		return rest, nil
	}
	return l.takeFlag(word, rest)
}

func (l *line) takeWord(word string) error {
	if len(l.command.Subcommands) == 0 {
		l.arguments = append(l.arguments, word)
		return nil
	}
	var names []string
	for _, c := range l.command.Subcommands {
		if c.HasName(word) {
			l.command, l.path = c, append(l.path, c.Name)
			return nil
		}
		if !c.Hidden {
			names = append(names, c.Name)
		}
	}
	return usagef(suggest(word, names, l.helpHint()), "%s has no command %q", l.command.HelpName, word)
}

func (l *line) takeFlag(word string, rest []string) ([]string, error) {
	name, value, given := strings.Cut(strings.TrimLeft(word, "-"), "=")
	flag := findFlag(l.command.Flags, name)
	if flag == nil {
		shown := word[:len(word)-len(strings.TrimLeft(word, "-"))] + name
		return nil, usagef(suggest(shown, spelledNames(l.command.Flags), l.helpHint()), "%s has no flag %s", l.command.HelpName, shown)
	}
	spelled := spell(flag.Names()[0])
	if slices.Contains(cli.HelpFlag.Names(), name) || flag.Names()[0] == "version" {
		l.instead = spelled
	}
	if !takesValue(flag) {
		if !given {
			value = "true"
		}
		if err := checkValue(flag, spelled, value); err != nil {
			return nil, err
		}
		l.flags = append(l.flags, spelled+"="+value)
		return rest, nil
	}
	if !given {
		if len(rest) == 0 || len(rest[0]) > 1 && rest[0][0] == '-' {
			return nil, usagef("write "+spelled+"=VALUE when the value starts with a dash", "%s needs a value", spelled)
		}
		value, rest = rest[0], rest[1:]
	}
	if err := checkValue(flag, spelled, value); err != nil {
		return nil, err
	}
	l.flags = append(l.flags, spelled+"="+value)
	return rest, nil
}

// complete checks what only the whole command line can show: the number of arguments, and the environment.
func (l *line) complete() error {
	if len(l.command.Subcommands) > 0 {
		return usagef(l.helpHint(), "%s needs a command", l.command.HelpName)
	}
	wanted := strings.Fields(l.command.ArgsUsage)
	needed := slices.DeleteFunc(slices.Clone(wanted), func(name string) bool { return name[0] == '[' })
	if len(l.arguments) < len(needed) {
		missing := strings.Join(needed[len(l.arguments):], " and ")
		return usagef("write "+l.command.UsageText, "%s needs %s", l.command.HelpName, missing)
	}
	if len(l.arguments) > len(wanted) {
		return usagef("write "+l.command.UsageText, "%s cannot do anything with %q", l.command.HelpName, l.arguments[len(wanted)])
	}
	for _, flag := range l.command.Flags {
		documented, ok := flag.(cli.DocGenerationFlag)
		if !ok {
			continue
		}
		for _, name := range documented.GetEnvVars() {
			if value := os.Getenv(name); value != "" {
				if err := checkValue(flag, "the environment variable "+name, value); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (l *line) helpHint() string { return l.command.HelpName + " --help says what there is" }

// usageLine returns how a command is called.
func usageLine(c *cli.Command) string {
	words := []string{c.HelpName}
	if len(c.Subcommands) > 0 {
		words = append(words, "COMMAND")
	}
	if c.ArgsUsage != "" {
		words = append(words, c.ArgsUsage)
	}
	if len(c.Flags) > 0 {
		words = append(words, "[flags]")
	}
	return strings.Join(words, " ")
}

// checkValue checks what cli would report in the words of package flag.
func checkValue(flag cli.Flag, where, value string) error {
	switch flag.(type) {
	case *cli.IntFlag:
		if _, err := strconv.ParseUint(value, 10, 31); err != nil {
			return usagef("", "%s: %q is not a whole number", where, value)
		}
	case *cli.DurationFlag:
		if d, err := time.ParseDuration(value); err != nil || d <= 0 {
			return usagef("write 90s, 30m or 2h", "%s: %q is not a time span", where, value)
		}
	case *cli.BoolFlag:
		if _, err := strconv.ParseBool(value); err != nil {
			return usagef("", "%s: %q is neither true nor false", where, value)
		}
	}
	return nil
}

// findFlag returns the flag with a name, or nil.
func findFlag(flags []cli.Flag, name string) cli.Flag {
	for _, f := range flags {
		if slices.Contains(f.Names(), name) {
			return f
		}
	}
	return nil
}

func takesValue(f cli.Flag) bool {
	documented, ok := f.(cli.DocGenerationFlag)
	return ok && documented.TakesValue()
}

// spell returns the flag name as it is typed.
func spell(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}

func spelledNames(flags []cli.Flag) []string {
	var names []string
	for _, f := range flags {
		for _, name := range f.Names() {
			names = append(names, spell(name))
		}
	}
	return names
}

// suggest returns the hint for a word that nobody knows: the nearest name, if half of the word is right, or otherwise.
func suggest(word string, names []string, otherwise string) string {
	best, nearest := "", len(strings.TrimLeft(word, "-"))/2+1
	for _, name := range names {
		if distance := smetrics.WagnerFischer(word, name, 1, 1, 1); distance < nearest {
			best, nearest = name, distance
		}
	}
	if best == "" {
		return otherwise
	}
	return "did you mean " + best + "?"
}
