// SPDX-License-Identifier: Apache-2.0

package templates_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/hakube/hakube-seed/templates"
)

func TestRenderRefusesAFieldThatTheViewLacks(t *testing.T) {
	_, err := templates.Render("etc/hakube/containerd.toml", map[string]string{})
	if err == nil || !strings.Contains(err.Error(), "PauseImage") {
		t.Fatalf("rendering without PauseImage: %v", err)
	}
}

func TestPathsListTheTree(t *testing.T) {
	paths := strings.Join(templates.Paths(), "\n")
	for _, want := range []string{"usr/local/sbin/hakube", "usr/local/lib/hakube/steps/init", "etc/hakube/node.env.tmpl"} {
		if !strings.Contains(paths, want) {
			t.Errorf("Paths lacks %s", want)
		}
	}
}

// FuzzShell: what Shell quotes is one word that the shell reads back unchanged.
func FuzzShell(f *testing.F) {
	for _, seed := range []string{"", "a b", "it's", "$(reboot)", "`x`", "\\", "\n", "*", "~", "\"", "''", "-n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.ContainsRune(text, 0) {
			return // no argument of a process can hold it
		}
		out, err := exec.Command("sh", "-c", "printf %s "+templates.Shell(text)).Output()
		if err != nil || string(out) != text {
			t.Fatalf("sh reads %q back as %q: %v", text, out, err)
		}
	})
}

func TestPowerShellQuotes(t *testing.T) {
	for text, want := range map[string]string{
		"":                   "''",
		`D:\Images\noble $5`: `'D:\Images\noble $5'`,
		"it's":               "'it''s'",
		"\u2018a\u2019":      "'\u2018\u2018a\u2019\u2019'",
		"`n $(x) \"y\"":      "'`n $(x) \"y\"'",
	} {
		if got := templates.PowerShell(text); got != want {
			t.Errorf("%q is quoted as %s, not %s", text, got, want)
		}
	}
}
