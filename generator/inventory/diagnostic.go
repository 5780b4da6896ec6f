// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"cmp"
	"slices"
)

// Severity says whether a diagnostic stops the program.
type Severity int

// The two severities, in order of weight.
const (
	Warning Severity = iota
	Error
)

// String returns "warning" or "error".
func (s Severity) String() string {
	if s == Error {
		return "error"
	}
	return "warning"
}

// Position is a place in the inventory file; both numbers start at 1, and the zero Position means the whole file.
type Position struct{ Line, Column int }

// Diagnostic is one thing the user should know about the inventory.
type Diagnostic struct {
	Severity Severity
	Position Position
	Path     string // as in nodes[2].address; empty for the whole file
	Message  string // the value and the rule, in the user's words, without a full stop
	Hint     string // what to do; may be empty
}

// Diagnostics is a list of diagnostics.
type Diagnostics []Diagnostic

// HasErrors reports whether any diagnostic is an error.
func (ds Diagnostics) HasErrors() bool {
	return slices.ContainsFunc(ds, func(d Diagnostic) bool { return d.Severity == Error })
}

// Sorted returns the diagnostics in file order, errors before warnings at the same place.
func (ds Diagnostics) Sorted() Diagnostics {
	sorted := slices.Clone(ds)
	slices.SortStableFunc(sorted, func(a, b Diagnostic) int {
		return cmp.Or(
			cmp.Compare(a.Position.Line, b.Position.Line),
			cmp.Compare(a.Position.Column, b.Position.Column),
			cmp.Compare(b.Severity, a.Severity))
	})
	return sorted
}
