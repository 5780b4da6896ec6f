// SPDX-License-Identifier: Apache-2.0

package bundle

import (
	"fmt"
	"slices"
	"strings"

	"pault.ag/go/debian/dependency"
	"pault.ag/go/debian/version"
)

// relations is a relationship field: all of them must hold, and of each any one of its possibilities.
type relations []dependency.Relation

func parseRelations(text string) (relations, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	// The library takes a NUL byte for the end of the text.
	if strings.ContainsAny(text, "\x00") {
		return nil, fmt.Errorf("%q is not a relation between packages", text)
	}
	parsed, err := dependency.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%.80q is not a relation between packages", text)
	}
	return parsed.Relations, nil
}

// depends returns what must be installed for the package to work, parsed once.
func (p *Package) depends() (relations, error) {
	if p.parsedDepends == nil {
		before, err := parseRelations(p.PreDepends)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.Name, err)
		}
		after, err := parseRelations(p.Depends)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.Name, err)
		}
		all := append(before, after...)
		p.parsedDepends = &all
	}
	return *p.parsedDepends, nil
}

// enemies returns what cannot be installed beside the package, parsed once.
func (p *Package) enemies() (relations, error) {
	if p.parsedEnemies == nil {
		all, err := parseRelations(p.enemiesText())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.Name, err)
		}
		p.parsedEnemies = &all
	}
	return *p.parsedEnemies, nil
}

func (p *Package) enemiesText() string {
	if p.Conflicts == "" || p.Breaks == "" {
		return p.Conflicts + p.Breaks
	}
	return p.Conflicts + ", " + p.Breaks
}

// excludes reports whether a package cannot be installed beside another one, in one of the versions that this may have.
func (p *Package) excludes(other *Installed) bool {
	enemies, _ := p.enemies()
	return slices.ContainsFunc(enemies, func(e dependency.Relation) bool {
		wanted := e.Possibilities[0]
		return other.fulfils(wanted, other.Low, other.Low) || other.fulfils(wanted, other.High, other.High)
	})
}

// provides returns the names that the package stands for, parsed once. What cannot be read provides nothing.
func (p *Package) provides() relations {
	if p.parsedProvide == nil {
		all, _ := parseRelations(p.Provides)
		p.parsedProvide = &all
	}
	return *p.parsedProvide
}

// holds reports whether a version fulfils a relation; none is fulfilled by any version.
func holds(r *dependency.VersionRelation, v string) bool {
	if r == nil {
		return true
	}
	c := compareVersions(v, r.Number)
	switch r.Operator {
	case "<<":
		return c < 0
	case "<=", "<":
		return c <= 0
	case "=":
		return c == 0
	case ">=", ">":
		return c >= 0
	case ">>":
		return c > 0
	}
	return false
}

// compareVersions orders versions as dpkg does. One that is none comes before all others.
func compareVersions(a, b string) int {
	left, errLeft := version.Parse(a)
	right, errRight := version.Parse(b)
	switch {
	case errLeft != nil && errRight != nil:
		return strings.Compare(a, b)
	case errLeft != nil:
		return -1
	case errRight != nil:
		return 1
	}
	return version.Compare(left, right)
}

// fulfils reports whether a package whose version lies somewhere from low to high certainly fulfils a possibility, by
// its name or by what it provides. A provided name without a version fulfils no relation to a version.
func (p *Package) fulfils(wanted dependency.Possibility, low, high string) bool {
	if p.Name == wanted.Name {
		return holds(wanted.Version, low) && holds(wanted.Version, high)
	}
	return p.stands(wanted)
}

// stands reports whether the package provides what is wanted.
func (p *Package) stands(wanted dependency.Possibility) bool {
	if !strings.Contains(p.Provides, wanted.Name) {
		return false
	}
	for _, provided := range p.provides() {
		for _, as := range provided.Possibilities {
			if as.Name != wanted.Name {
				continue
			}
			if wanted.Version == nil || as.Version != nil && holds(wanted.Version, as.Version.Number) {
				return true
			}
		}
	}
	return false
}

// words returns a relation as Debian writes it.
func words(r dependency.Relation) string {
	var all []string
	for _, p := range r.Possibilities {
		text := p.Name
		if p.Version != nil {
			text += " (" + p.Version.Operator + " " + p.Version.Number + ")"
		}
		all = append(all, text)
	}
	return strings.Join(all, " | ")
}
