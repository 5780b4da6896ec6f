// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// recordVariable names the file in which the scripts' hakube-seed keeps everything that it prints.
const recordVariable = "HAKUBE_SEED_TEST_RECORD"

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"hakube-seed": func() { os.Exit(recorded()) }})
}

// recorded is main, except that the record gets what is printed as well; what --show-secrets was asked for is left out.
func recorded() int {
	record, err := os.OpenFile(os.Getenv(recordVariable), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		panic(err)
	}
	defer record.Close()
	out := tee{os.Stdout, record}
	if slices.Contains(os.Args, "--show-secrets") {
		return start(os.Args[1:], os.Stdout, tee{os.Stderr, record})
	}
	return start(os.Args[1:], out, tee{os.Stderr, record})
}

// tee is a file whose writes go into a record, too.
type tee struct {
	*os.File
	record *os.File
}

func (t tee) Write(data []byte) (int, error) {
	if _, err := t.record.Write(data); err != nil {
		return 0, err
	}
	return t.File.Write(data)
}

// TestScripts runs every script of test/script, and then looks for the secrets that are left in its directory in
// everything that the program printed.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("..", "..", "test", "script"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("HAKUBE_SEED_UPDATE_SCRIPTS") != "",
		Setup: func(env *testscript.Env) error {
			record := filepath.Join(env.WorkDir, ".record")
			env.Setenv(recordVariable, record)
			env.Setenv("XDG_RUNTIME_DIR", filepath.Join(env.WorkDir, ".run"))
			name := filepath.Base(env.WorkDir)
			env.Defer(func() {
				if leaked := leaks(t, env.WorkDir, record); len(leaked) > 0 {
					t.Errorf("%s: secrets of these files were printed: %q", name, leaked)
				}
			})
			return errors.Join(
				os.Mkdir(filepath.Join(env.WorkDir, ".run"), 0o700),
				os.CopyFS(env.WorkDir, os.DirFS("testdata")),
				os.CopyFS(filepath.Join(env.WorkDir, "docs"), os.DirFS(filepath.Join("..", "..", "docs"))),
				os.CopyFS(filepath.Join(env.WorkDir, "test", "inventories"), os.DirFS(filepath.Join("..", "..", "test", "inventories"))),
			)
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"appears": appears,
			// repositories: a small internet; the environment leads bundle create there
			"repositories": func(ts *testscript.TestScript, _ bool, _ []string) {
				dir := ts.MkAbs("internet")
				if err := os.Mkdir(dir, 0o755); err != nil {
					ts.Fatalf("%v", err)
				}
				w := newWorld(t, dir)
				ts.Defer(w.close)
				for flag, values := range w.settings() {
					ts.Setenv(environment(flag)[0], strings.Join(values, ","))
				}
			},
		},
	})
}

// appears waits until a file is there: `appears FILE`.
func appears(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: appears FILE")
	}
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	limit := time.After(time.Minute)
	for {
		select {
		case <-look.C:
			if _, err := os.Stat(ts.MkAbs(args[0])); err == nil {
				return
			}
		case <-limit:
			ts.Fatalf("%s does not appear", args[0])
		}
	}
}

// secretText finds what must never be printed in the files that hold secrets: lines of private keys in PEM, key data of
// a kubeconfig, bootstrap tokens, certificate keys, age identities.
var secretText = regexp.MustCompile(`(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END|client-key-data: \S+|` +
	`\b[a-z0-9]{6}\.[a-z0-9]{16}\b|\b[0-9a-f]{64}\b|AGE-SECRET-KEY-1\w+`)

// secretFiles are the names of the files that hold secrets; passphrase is what the scripts call theirs.
var secretFiles = regexp.MustCompile(`\.key$|^bootstrap-token$|^certificate-key$|^kubeconfig$|^passphrase$|^identity$`)

// leaks returns the files below dir whose secrets are in the record.
func leaks(t *testing.T, dir, record string) []string {
	printed, err := os.ReadFile(record)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	var found []string
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() || !secretFiles.MatchString(entry.Name()) {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		texts := secretText.FindAllString(string(content), -1)
		if entry.Name() == "passphrase" {
			texts = []string{strings.TrimSpace(string(content))}
		}
		for _, text := range texts {
			// The second line of a private key is the first that is its own.
			lines := strings.Split(text, "\n")
			if bytes.Contains(printed, []byte(lines[min(1, len(lines)-1)])) {
				found = append(found, path)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	return found
}
