// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/urfave/cli/v2"
)

func testTree() *cli.Command { return tree(newApp(newPrinter(io.Discard, io.Discard))) }

func TestArrange(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"flags first", "gen --strict -o x a.yaml", "gen --strict=true --output=x -- a.yaml"},
		{"flags last", "gen a.yaml --strict -o x", "gen --strict=true --output=x -- a.yaml"},
		{"equals sign", "gen a.yaml --output=x=y -o=z", "gen --output=x=y --output=z -- a.yaml"},
		{"one dash is enough", "gen a.yaml -strict", "gen --strict=true -- a.yaml"},
		{"flags of a list", "gen a.yaml --only b --only c,d", "gen --only=b --only=c,d -- a.yaml"},
		{"after two dashes", "check --strict -- --strict", "check --strict=true -- --strict"},
		{"a dash alone", "check -", "check -- -"},
		{"a value that starts with a dash", "gen a.yaml --output=-x", "gen --output=-x -- a.yaml"},
		{"a value that is a dash", "init -o -", "init --output=-"},
		{"switched off", "check a.yaml --strict=false", "check --strict=false -- a.yaml"},
		{"a command of a command", "secrets show --cluster x", "secrets show --cluster=x"},
		{"an inventory called like a command", "check gen", "check -- gen"},
		{"help for anything", "gen --strict a.yaml b.yaml --help", "gen --help"},
		{"help as a word", "help secrets import", "secrets import --help"},
		{"help alone", "help", "--help"},
		{"version", "-v", "--version"},
		{"for the shell", "complete gen --", "complete gen --"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := arrange(testTree(), strings.Fields(test.in))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, strings.Join(got, " ")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestExamples holds the examples of --help to the script that runs them.
func TestExamples(t *testing.T) {
	script, err := os.ReadFile(filepath.Join("..", "..", "test", "script", "examples.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	var look func(c *cli.Command)
	look = func(c *cli.Command) {
		_, example, given := strings.Cut(c.Description, "Example:\n   $ ")
		if !given && !c.SkipFlagParsing && c.Name != "hakube-seed" {
			t.Errorf("%s has no example", c.HelpName)
		}
		if given && !strings.Contains(string(script), "\n"+example+"\n") && !strings.Contains(string(script), "\n! "+example+"\n") {
			t.Errorf("%s: the example %q is in no script", c.HelpName, example)
		}
		for _, sub := range c.Subcommands {
			look(sub)
		}
	}
	look(testTree())
}

// TestUnknownValues makes sure that no flag is taken without its value having been looked at: cli would report a wrong
// one in the words of package flag.
func TestUnknownValues(t *testing.T) {
	var look func(c *cli.Command)
	look = func(c *cli.Command) {
		for _, f := range c.Flags {
			switch f.(type) {
			case *cli.StringFlag, *cli.StringSliceFlag, *cli.BoolFlag, *cli.IntFlag, *cli.DurationFlag:
			default:
				t.Errorf("%s: checkValue knows nothing of flags like %s (%T)", c.HelpName, f.Names()[0], f)
			}
		}
		for _, sub := range c.Subcommands {
			look(sub)
		}
	}
	look(testTree())
}

// TestEnded shows that a run which is told to end before it begins writes no medium.
func TestEnded(t *testing.T) {
	ctx, end := context.WithCancel(context.Background())
	end()
	dir := t.TempDir()
	inventory, err := filepath.Abs(filepath.Join("testdata", "lab.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	var out, errs strings.Builder
	if code := run(ctx, []string{"gen", inventory}, &out, &errs); code != exitNotDone {
		t.Errorf("exit code %d, want %d", code, exitNotDone)
	}
	want := "hakube-seed: error: interrupted: 0 of 5 media are written\n" +
		"hakube-seed: hint: run the same command again; it keeps the secrets and writes every medium\n"
	if !strings.HasSuffix(errs.String(), want) || out.Len() > 0 {
		t.Errorf("printed %q and %q", out.String(), errs.String())
	}
	names, err := mediaIn(filepath.Join(dir, "out", "lab"))
	if err != nil || len(names) > 0 {
		t.Errorf("media %q, %v", names, err)
	}
}
