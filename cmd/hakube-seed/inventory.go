// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/hakube/hakube-seed/generator/cluster"
	"github.com/hakube/hakube-seed/generator/inventory"
)

// planOf reads the inventory at path and the files that it names, and plans the cluster; the cluster is nil when a
// diagnostic is an error. The error is for an inventory that cannot be read at all.
func planOf(path string) (*cluster.Cluster, inventory.Diagnostics, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, unreadable(path, err)
	}
	inv, diagnostics := inventory.Parse(data)
	if inv == nil {
		return nil, diagnostics, nil
	}
	plan, diagnostics := planned(inv, diagnostics, filepath.Dir(path))
	if plan != nil {
		diagnostics = append(diagnostics, cluster.Clashes(inv, plan, neighbours(path, plan))...)
	}
	return plan, diagnostics, nil
}

// planned plans an inventory of the directory dir; diagnostics are those of reading it.
func planned(inv *inventory.Inventory, diagnostics inventory.Diagnostics, dir string) (*cluster.Cluster, inventory.Diagnostics) {
	misread := slices.Clone(diagnostics)
	files, missing := referencedFiles(inv, dir)
	diagnostics = append(diagnostics, missing...)
	plan, found := cluster.Plan(inv, files)
	for _, d := range found {
		// What could not be read is absent for the plan, which need not be said as well.
		absent := misread.HasErrors() && (d.Severity == inventory.Warning || !inv.Has(d.Path))
		if !absent && !reported(misread, d.Path) && !reported(missing, d.Path) {
			diagnostics = append(diagnostics, d)
		}
	}
	if diagnostics.HasErrors() {
		return nil, diagnostics
	}
	return plan, diagnostics
}

func reported(ds inventory.Diagnostics, path string) bool {
	return slices.ContainsFunc(ds, func(d inventory.Diagnostic) bool { return d.Path == path })
}

// referencedFiles reads the files that an inventory names, relative to its directory.
func referencedFiles(inv *inventory.Inventory, dir string) (map[string][]byte, inventory.Diagnostics) {
	files := map[string][]byte{}
	var missing inventory.Diagnostics
	for _, ref := range inv.FileReferences() {
		name := ref.File
		if !filepath.IsAbs(name) {
			name = filepath.Join(dir, name)
		}
		content, err := os.ReadFile(name)
		if err != nil {
			missing = append(missing, inventory.Diagnostic{
				Severity: inventory.Error,
				Position: inv.Position(ref.Path),
				Path:     ref.Path,
				Message:  fmt.Sprintf("reading %q: %v", ref.File, plainCause(err)),
				Hint:     "file names are relative to the directory of the inventory",
			})
			content = []byte{}
		}
		files[ref.File] = content
	}
	return files, missing
}

func unreadable(path string, err error) error {
	hint := ""
	if errors.Is(err, fs.ErrNotExist) {
		hint = "hakube-seed init -o " + path + " writes one to start from"
	}
	return failure{fmt.Errorf("reading the inventory %q: %w", path, plainCause(err)), hint}
}

// judge prints the diagnostics of the inventory at path and returns an error when they forbid to go on; consequence
// ends its sentence.
func (p *printer) judge(path string, ds inventory.Diagnostics, strict strictness, consequence string) error {
	p.diagnostics(path, ds)
	switch {
	case ds.HasErrors():
		return failure{fmt.Errorf("%s in %s%s", tally(ds), path, consequence), ""}
	case len(ds) > 0 && strict == warningsFail:
		return failure{fmt.Errorf("%s in %s%s", tally(ds), path, consequence), "without --strict a warning stops nothing"}
	}
	return nil
}

// strictness says what a warning means.
type strictness int

const (
	warningsPass strictness = iota
	warningsFail
)

// tally returns how many diagnostics there are, as in "2 errors, 1 warning".
func tally(ds inventory.Diagnostics) string {
	counts := map[inventory.Severity]int{}
	for _, d := range ds {
		counts[d.Severity]++
	}
	text := ""
	for _, s := range []inventory.Severity{inventory.Error, inventory.Warning} {
		if counts[s] == 0 {
			continue
		}
		if text != "" {
			text += ", "
		}
		text += count(counts[s], s.String())
	}
	return text
}
