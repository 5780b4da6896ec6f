// SPDX-License-Identifier: Apache-2.0

//go:build foreign

package foreign

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hakube/hakube-seed/generator"
)

// powershell parses files by a grammar of PowerShell; there is no PowerShell on this machine to run them.
func powershell(t *testing.T, paths ...string) verdict {
	t.Helper()
	script, err := filepath.Abs(filepath.Join("testdata", "powershell.cjs"))
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command("node", append([]string{script}, paths...)...)
	c.Dir = filepath.Join(judges, "powershell")
	return run(t, c)
}

// TestPowerShellReadsHostFiles: the scripts, and the data of every example, tricky names among them.
func TestPowerShellReadsHostFiles(t *testing.T) {
	t.Parallel()
	var paths []string
	seen := map[string]bool{} // the scripts are the same for all
	for _, e := range examples(t) {
		files, err := generator.HyperV(e.cluster, ".iso")
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if seen[string(f.Content)] {
				continue
			}
			seen[string(f.Content)] = true
			path := filepath.Join(work, e.name, "hyper-v", f.Name)
			write(t, path, f.Content)
			paths = append(paths, host(path))
		}
	}
	if len(paths) < 9 {
		t.Fatalf("%d files", len(paths))
	}
	silent(t, "files for a Hyper-V host", powershell(t, paths...))
}

func TestPowerShellGrammarRefuses(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"an if without an end":       "if ($true) {\r\n    Get-VM\r\n",
		"an argument without a name": "function New-Disk($Machine {\r\n}\r\n",
		"a value without its quotes": "@{\r\n    Switch = 'Bob's switch'\r\n}\r\n",
		"a list without its end":     "@{\r\n    Machines = @(\r\n        @{ Node = 'a' }\r\n}\r\n",
	} {
		path := filepath.Join(scratch(t), "bad.ps1")
		write(t, path, []byte("\ufeff"+text))
		if v := powershell(t, host(path)); !v.failed || !strings.Contains(v.said, "bad.ps1:") {
			t.Errorf("%s is not refused:\n%s", name, v)
		}
	}
}
