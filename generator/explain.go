// SPDX-License-Identifier: Apache-2.0

package generator

import (
	"slices"
	"strings"

	"github.com/hakube/hakube-seed/generator/cluster"
	"github.com/hakube/hakube-seed/seeds"
)

// Explanation is a node's sequence and its medium, for people.
type Explanation struct {
	Steps  []ExplainedStep
	Engine []ExplainedFile // what belongs to no step
}

// ExplainedStep is a step and the guest files that it uses before any other step does.
type ExplainedStep struct {
	Step
	Does, Waits string
	Files       []ExplainedFile
}

// ExplainedFile is a guest file and why it is there.
type ExplainedFile struct {
	Path   string
	Mode   uint32 // permission bits
	Secret string // which secrets it holds, empty: none
	Why    string
}

// Explain says what will happen on a node, and why each file and each secret is on its medium. Which files there are does
// not depend on what the secrets are.
func (g *Generator) Explain(n cluster.Node) (Explanation, error) {
	steps := g.stepsOf(n)
	shared, err := g.kindFiles(n, steps)
	if err != nil {
		return Explanation{}, err
	}
	own, err := g.nodeFiles(n, steps)
	if err != nil {
		return Explanation{}, err
	}
	e := Explanation{Steps: explainedSteps(steps)}
	record := g.record(n, steps, own)
	for _, f := range slices.Concat(shared, own, []seeds.GuestFile{record, checksums("shared.sha256", nil), checksums("files.sha256", nil)}) {
		e.place(f)
	}
	return e, nil
}

// place adds a file to the step that uses it.
func (e *Explanation) place(f seeds.GuestFile) {
	const scripts = libraryDir + "steps/"
	text := textOf(f.Path)
	users := text.steps
	if name, is := strings.CutPrefix(f.Path, scripts); is {
		users, text.why = []string{name}, "the step itself"
	}
	explained := ExplainedFile{f.Path, f.Mode, f.Secret, text.why}
	for _, user := range users {
		if i := slices.IndexFunc(e.Steps, func(s ExplainedStep) bool { return s.Name == user }); i >= 0 {
			e.Steps[i].Files = append(e.Steps[i].Files, explained)
			return
		}
	}
	e.Engine = append(e.Engine, explained)
}
