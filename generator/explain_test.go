// SPDX-License-Identifier: Apache-2.0

package generator_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hakube/hakube-seed/generator"
	"github.com/hakube/hakube-seed/generator/cluster"
)

// explained calls visit with the explanation of every node of every example.
func explained(t *testing.T, visit func(cluster.Node, generator.Explanation)) {
	t.Helper()
	for _, name := range exampleNames(t) {
		plan := planned(t, parsed(t, name))
		g, err := generator.New(plan, fixture(t))
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range plan.Nodes {
			e, err := g.Explain(n)
			if err != nil {
				t.Fatalf("%s: %s: %v", name, n.Name, err)
			}
			visit(n, e)
		}
	}
}

func TestEveryStepIsExplained(t *testing.T) {
	texts := map[string]bool{}
	for _, s := range generator.StepTexts() {
		texts[s.Does] = false
	}
	explained(t, func(n cluster.Node, e generator.Explanation) {
		for _, s := range e.Steps {
			if _, there := texts[s.Does]; !there || s.Does == "" || s.Limit == 0 {
				t.Errorf("%s: nothing is said of the step %s", n.Name, s.Name)
			}
			texts[s.Does] = true
		}
	})
	for text, used := range maps.All(texts) {
		if !used {
			t.Errorf("no node of any example has the step that %q", text)
		}
	}
}

func TestStepsAreTheSequence(t *testing.T) {
	plan := planned(t, parsed(t, "reference.yaml"))
	g, err := generator.New(plan, fixture(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range plan.Nodes {
		e, err := g.Explain(n)
		if err != nil {
			t.Fatal(err)
		}
		same := func(a, b generator.ExplainedStep) bool {
			return a.Step == b.Step && a.Does == b.Does && a.Waits == b.Waits
		}
		if got := generator.Sequence(plan, n); !slices.EqualFunc(got, e.Steps, same) {
			t.Errorf("%s: %v, not %v", n.Name, got, e.Steps)
		}
	}
}

// Every file of a medium is explained once, with the secrets that the medium says it has; only the user's own are not
// known.
func TestEveryFileIsExplained(t *testing.T) {
	used := map[string]bool{}
	explained(t, func(n cluster.Node, e generator.Explanation) {
		files := slices.Clone(e.Engine)
		for _, s := range e.Steps {
			files = append(files, s.Files...)
		}
		seen := map[string]bool{}
		for _, f := range files {
			own := slices.ContainsFunc(n.Files, func(o cluster.File) bool { return o.Path == f.Path })
			if unknown := strings.HasPrefix(f.Why, "a file of yours"); unknown != own || f.Why == "" {
				t.Errorf("%s: %s is %q", n.Name, f.Path, f.Why)
			}
			if seen[f.Path] {
				t.Errorf("%s: %s twice", n.Name, f.Path)
			}
			if f.Secret != "" && f.Mode != 0o600 {
				t.Errorf("%s: %s holds %s, mode %o", n.Name, f.Path, f.Secret, f.Mode)
			}
			seen[f.Path], used[f.Why] = true, true
		}
	})
	for _, why := range generator.FileWhys() {
		if !used[why] {
			t.Errorf("no medium of any example has a file that is %q", why)
		}
	}
}

// The files are those of the medium.
func TestExplainedFilesAreThoseOfTheMedium(t *testing.T) {
	for _, name := range []string{"reference.yaml", "external-etcd.yaml", "full.yaml"} {
		plan := planned(t, parsed(t, name))
		g, err := generator.New(plan, fixture(t))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range rendered(t, plan) {
			e, err := g.Explain(m.node)
			if err != nil {
				t.Fatal(err)
			}
			want, got := map[string]string{}, map[string]string{}
			for _, f := range m.Files {
				want[f.Path] = ""
			}
			maps.Copy(want, m.Record.Secrets)
			for _, f := range e.Engine {
				got[f.Path] = f.Secret
			}
			for _, s := range e.Steps {
				for _, f := range s.Files {
					got[f.Path] = f.Secret
				}
			}
			if !maps.Equal(want, got) {
				t.Errorf("%s: %v, not %v", m.node.Name, got, want)
			}
		}
	}
}
