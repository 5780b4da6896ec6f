// SPDX-License-Identifier: Apache-2.0

package bundle

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"pault.ag/go/debian/dependency"
)

// Index holds the packages of some repositories.
type Index struct {
	byName    map[string][]*Package // newest first
	providers map[string][]*Package
}

// NewIndex returns the index of packages.
func NewIndex(packages []*Package) *Index {
	x := &Index{map[string][]*Package{}, map[string][]*Package{}}
	for _, p := range packages {
		x.byName[p.Name] = append(x.byName[p.Name], p)
		if p.Provides != "" {
			for _, r := range p.provides() {
				for _, as := range r.Possibilities {
					x.providers[as.Name] = append(x.providers[as.Name], p)
				}
			}
		}
	}
	for _, versions := range x.byName {
		slices.SortStableFunc(versions, func(a, b *Package) int { return -compareVersions(a.Version, b.Version) })
	}
	for _, all := range x.providers {
		slices.SortStableFunc(all, func(a, b *Package) int {
			return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(a.Name, b.Name), -compareVersions(a.Version, b.Version))
		})
	}
	return x
}

// rank orders packages by how usual they are.
func rank(p *Package) int {
	return (slices.Index([]string{"required", "important", "standard", "optional"}, p.Priority) + 5) % 5
}

// candidates returns the packages that fulfil a possibility, those that apt would take first.
func (x *Index) candidates(wanted dependency.Possibility) []*Package {
	var all []*Package
	for _, p := range x.byName[wanted.Name] {
		if holds(wanted.Version, p.Version) {
			all = append(all, p)
		}
	}
	for _, p := range x.providers[wanted.Name] {
		if p.Name != wanted.Name && p.stands(wanted) {
			all = append(all, p)
		}
	}
	return all
}

// Selected is a package that is to be carried, and who asked for it: roles for a root, else the packages that need it.
type Selected struct {
	*Package
	NeededBy []string
}

// Resolve returns the packages that together with the base fulfil everything that the roots need, sorted by name.
// Recommended packages are left out. The error names everything that no repository has, and who needs it.
func Resolve(index *Index, base Base, roots []Root) ([]Selected, error) {
	r := &resolver{index: index, base: base, roots: map[string]Selected{}, chosen: map[string]*Selected{}, roles: map[string]bool{}}
	for _, root := range roots {
		r.roles[root.Role] = true
		if p := index.rootPackage(root); p != nil {
			r.roots[root.Name] = Selected{p, []string{root.Role}}
		}
	}
	var missing []error
	for _, root := range roots {
		if err := r.root(root); err != nil {
			missing = append(missing, err)
		}
	}
	if err := errors.Join(missing...); err != nil {
		return nil, err
	}
	if err := r.keepTogether(); err != nil {
		return nil, err
	}
	var all []Selected
	for _, name := range r.order {
		s := *r.chosen[name]
		// a package that was tried and given up needs nothing
		s.NeededBy = slices.DeleteFunc(s.NeededBy, func(by string) bool { return r.chosen[by] == nil && !r.roles[by] })
		slices.Sort(s.NeededBy)
		s.NeededBy = slices.Compact(s.NeededBy)
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b Selected) int { return byName(a.Package, b.Package) })
	return all, r.proof(all, roots)
}

// proof returns an error for everything that is wrong with the packages all the same: one that was chosen late may have
// taken the place of what another one counted on.
func (r *resolver) proof(all []Selected, roots []Root) error {
	packages := make([]*Package, len(all))
	for i, s := range all {
		packages[i] = s.Package
	}
	var wrong []error
	for _, problem := range Unmet(packages, r.base, roots) {
		wrong = append(wrong, errors.New(problem))
	}
	return errors.Join(wrong...)
}

type resolver struct {
	index  *Index
	base   Base
	roots  map[string]Selected // which version of a root is carried is not for another package to decide
	chosen map[string]*Selected
	order  []string // of choice, so that a wrong one can be taken back
	roles  map[string]bool
}

// root chooses a package that is asked for by name. The base may have it, but of another version than is wanted.
func (r *resolver) root(root Root) error {
	if p := r.roots[root.Name].Package; p != nil {
		return r.choose(p, root.Role)
	}
	if installed, ok := r.base[root.Name]; ok && root.Version == "" && installed.Version != "" {
		return nil
	}
	candidates := r.index.byName[root.Name]
	if len(candidates) == 0 {
		return fmt.Errorf("no repository has %s, needed by %s", root.Name, root.Role)
	}
	return fmt.Errorf("the repositories have %s %s, not %s, needed by %s", root.Name, versionsOf(candidates), root.Version, root.Role)
}

// rootPackage returns the newest package of the version that a root asks for, nil where there is none.
func (x *Index) rootPackage(root Root) *Package {
	for _, p := range x.byName[root.Name] {
		if hasVersion(p.Version, root.Version) {
			return p
		}
	}
	return nil
}

// hasVersion reports whether a package's version is of an upstream version: 1.37.2-1.1 of 1.37.2.
func hasVersion(version, upstream string) bool {
	return upstream == "" || version == upstream || strings.HasPrefix(version, upstream+"-")
}

func versionsOf(packages []*Package) string {
	var all []string
	for _, p := range packages {
		all = append(all, p.Version)
	}
	return strings.Join(all, ", ")
}

// choose takes a package and what it needs, or nothing.
func (r *resolver) choose(p *Package, neededBy string) error {
	s, taken := r.chosen[p.Name]
	if root, is := r.roots[p.Name]; !taken && is {
		s = &root
	}
	switch {
	case s != nil && s.Version != p.Version:
		return fmt.Errorf("%s needs %s %s, and %s needs %s", neededBy, p.Name, p.Version, s.NeededBy[0], s.Version)
	case taken:
		s.NeededBy = append(s.NeededBy, neededBy)
		return nil
	}
	needs, err := p.depends()
	if err != nil {
		return err
	}
	before := len(r.order)
	r.chosen[p.Name] = &Selected{p, []string{neededBy}}
	r.order = append(r.order, p.Name)
	var missing []error
	for _, need := range needs {
		if err := r.fulfil(p, need); err != nil {
			missing = append(missing, err)
		}
	}
	if err := errors.Join(missing...); err != nil {
		for _, name := range r.order[before:] {
			delete(r.chosen, name)
		}
		r.order = r.order[:before]
		return err
	}
	return nil
}

// fulfil makes one relation of a package hold: by what is there, else by the first candidate whose own needs can be met.
func (r *resolver) fulfil(p *Package, need dependency.Relation) error {
	for _, wanted := range need.Possibilities {
		if r.has(p.Name, wanted) {
			return nil
		}
	}
	var reasons []error
	for _, wanted := range need.Possibilities {
		for _, candidate := range r.index.candidates(wanted) {
			err := r.choose(candidate, p.Name)
			if err == nil {
				return nil
			}
			reasons = append(reasons, err)
		}
	}
	if len(reasons) > 0 {
		return reasons[0]
	}
	return fmt.Errorf("%s %s needs %s, which no repository has", p.Name, p.Version, words(need))
}

// has reports whether a possibility is fulfilled already.
func (r *resolver) has(by string, wanted dependency.Possibility) bool {
	if s, ok := r.chosen[wanted.Name]; ok && s.fulfils(wanted, s.Version, s.Version) {
		s.NeededBy = append(s.NeededBy, by)
		return true
	}
	// What is chosen takes the place of what the base has of the same name.
	if b, ok := r.base[wanted.Name]; ok && r.chosen[wanted.Name] == nil && b.fulfils(wanted, b.Low, b.High) {
		return true
	}
	for _, provider := range r.index.providers[wanted.Name] {
		if s := r.chosen[provider.Name]; s != nil && s.Package == provider && s.stands(wanted) {
			s.NeededBy = append(s.NeededBy, by)
			return true
		}
	}
	return r.base.provides(wanted)
}

// provides reports whether a package of the base stands for what is wanted.
func (b Base) provides(wanted dependency.Possibility) bool {
	for _, installed := range b {
		if installed.Name != wanted.Name && installed.stands(wanted) {
			return true
		}
	}
	return false
}

// keepTogether adds the packages of the base that apt must replace as well: those that want a carried package in exactly
// one version, and those that cannot be beside one in the version that the base may have.
func (r *resolver) keepTogether() error {
	for i := 0; i < len(r.order); i++ {
		p := r.chosen[r.order[i]]
		_, replaces := r.base[p.Name]
		for _, other := range r.base.names() {
			candidates, installed := r.index.byName[other], r.base[other]
			if r.chosen[other] != nil || len(candidates) == 0 {
				continue
			}
			if replaces && needsExactly(candidates[0], p.Name) || clash(p.Package, installed) {
				if err := r.choose(candidates[0], p.Name); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (b Base) names() []string {
	var all []string
	for name := range b {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

func needsExactly(p *Package, name string) bool {
	if !strings.Contains(p.Depends+p.PreDepends, name) {
		return false
	}
	needs, _ := p.depends()
	return slices.ContainsFunc(needs, func(need dependency.Relation) bool {
		return slices.ContainsFunc(need.Possibilities, func(w dependency.Possibility) bool {
			return w.Name == name && w.Version != nil && w.Version.Operator == "="
		})
	})
}
