// SPDX-License-Identifier: Apache-2.0

// Package templates holds the guest files in a tree that mirrors the guest's, and beside it, in hyper-v, the files for a
// Hyper-V host.
//
// A file that ends in .tmpl is a text/template over a small prepared view: it spells what the generator decided, every
// value through sh, toml or ps, or as it is. Every other file is the same for all nodes. The tree is embedded; nothing else is read.
package templates

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"text/template"
)

//go:embed etc usr hyper-v
var tree embed.FS

// Text returns the file of this path (without a leading slash), which must exist.
func Text(path string) ([]byte, error) {
	text, err := tree.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("template %s: %w", path, err)
	}
	return text, nil
}

// Render executes PATH.tmpl over the view. A field that the view lacks is an error.
func Render(path string, view any) ([]byte, error) {
	text, err := Text(path + ".tmpl")
	if err != nil {
		return nil, err
	}
	t, err := template.New(path).Option("missingkey=error").Funcs(template.FuncMap{"sh": Shell, "toml": TOML, "ps": PowerShell}).Parse(string(text))
	if err != nil {
		return nil, fmt.Errorf("parsing template %s: %w", path, err)
	}
	var out bytes.Buffer
	if err := t.Execute(&out, view); err != nil {
		return nil, fmt.Errorf("rendering %s: %w", path, err)
	}
	return out.Bytes(), nil
}

// Paths returns the paths of all files of the tree, in order.
func Paths() []string {
	var paths []string
	_ = fs.WalkDir(tree, ".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			paths = append(paths, path)
		}
		return err // an embedded tree has none
	})
	return paths
}

// Shell quotes text as one word of a POSIX shell.
func Shell(text string) string {
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// TOML quotes text as a basic string: JSON's escapes are among those of TOML (v1.0.0, String).
func TOML(text string) string {
	quoted, _ := json.Marshal(text) // a string always encodes
	return string(quoted)
}

// PowerShell quotes text as a string of PowerShell in which nothing is expanded. It ends at a typographic quote, too, and
// any of them that stands twice is one (about_Quoting_Rules; the language specification, 2.3.5.2).
func PowerShell(text string) string {
	var quoted strings.Builder
	for _, r := range text {
		quoted.WriteRune(r)
		if strings.ContainsRune("'\u2018\u2019\u201a\u201b", r) {
			quoted.WriteRune(r)
		}
	}
	return "'" + quoted.String() + "'"
}
