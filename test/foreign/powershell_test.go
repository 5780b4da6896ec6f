// SPDX-License-Identifier: Apache-2.0

//go:build foreign

package foreign

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hakube/hakube-seed/generator"
)

// powershell has a script of testdata look at files by a grammar of PowerShell; there is no PowerShell on this machine to
// run them.
func powershell(t *testing.T, script string, paths ...string) verdict {
	t.Helper()
	script, err := filepath.Abs(filepath.Join("testdata", script))
	if err != nil {
		t.Fatal(err)
	}
	// without the flag it spends half a minute on making the grammar's code faster
	c := exec.Command("node", append([]string{"--liftoff-only", script}, paths...)...)
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
	silent(t, "files for a Hyper-V host", powershell(t, "powershell.cjs", paths...))
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
		if v := powershell(t, "powershell.cjs", host(path)); !v.failed || !strings.Contains(v.said, "bad.ps1:") {
			t.Errorf("%s is not refused:\n%s", name, v)
		}
	}
}

// TestHostScriptsCallWhatThereIs: nobody has run the scripts here, so that a mistyped name would be found on a host.
func TestHostScriptsCallWhatThereIs(t *testing.T) {
	t.Parallel()
	known, err := os.ReadFile("testdata/cmdlets.txt")
	if err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob("../../templates/hyper-v/*.ps1")
	if err != nil || len(paths) == 0 {
		t.Fatalf("%d scripts: %v", len(paths), err)
	}
	for i := range paths {
		if paths[i], err = filepath.Abs(paths[i]); err != nil {
			t.Fatal(err)
		}
	}
	var want []string
	for line := range strings.Lines(string(known)) {
		if !strings.HasPrefix(line, "#") {
			want = append(want, line)
		}
	}
	v := powershell(t, "powershell-calls.cjs", paths...)
	if diff := cmp.Diff(strings.Join(want, ""), v.said); v.failed || diff != "" {
		t.Errorf("testdata/cmdlets.txt -, scripts +:\n%s", diff)
	}
	bad := filepath.Join(scratch(t), "bad.ps1")
	write(t, bad, []byte("function Get-Mine($Name) {\n    Get-VM -Nmae $Nmae\n}\n$x = 1\nGet-Mine $x $y\n"))
	if v := powershell(t, "powershell-calls.cjs", host(bad)); v.said != "call Get-VM -Nmae\nunset bad.ps1:2 nmae\nunset bad.ps1:5 y\n" {
		t.Errorf("mistyped names are not seen:\n%s", v)
	}
}
