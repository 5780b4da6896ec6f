// SPDX-License-Identifier: Apache-2.0

package bundle

import (
	"fmt"
	"slices"

	"pault.ag/go/debian/dependency"
)

// Unmet returns, in words, everything that the packages and the roots need and that neither the packages nor the base
// have, and which of them cannot be installed beside each other. It takes no decision of Resolve's for granted: it looks
// at every relation of every package, and at what the base has against them. Packages take the place of those of the base.
func Unmet(packages []*Package, base Base, roots []Root) []string {
	index := NewIndex(packages)
	base = base.without(index)
	var unmet []string
	for _, root := range roots {
		versions := index.byName[root.Name]
		switch {
		case slices.ContainsFunc(versions, func(p *Package) bool { return hasVersion(p.Version, root.Version) }):
		case len(versions) > 0:
			unmet = append(unmet, fmt.Sprintf("%s is there in version %s, not %s; needed by %s", root.Name, versionsOf(versions), root.Version, root.Role))
		case base[root.Name] == nil || root.Version != "":
			unmet = append(unmet, fmt.Sprintf("%s is missing; needed by %s", root.Name, root.Role))
		}
	}
	for _, p := range slices.SortedFunc(slices.Values(packages), byName) {
		needs, err := p.depends()
		if err != nil {
			unmet = append(unmet, err.Error())
		}
		for _, need := range needs {
			if !slices.ContainsFunc(need.Possibilities, func(w dependency.Possibility) bool { return index.fulfils(w) || base.fulfils(w) }) {
				unmet = append(unmet, fmt.Sprintf("%s is missing; needed by %s %s", words(need), p.Name, p.Version))
			}
		}
	}
	return append(unmet, clashes(packages, base)...)
}

// without returns the base without those packages that the index has, too.
func (b Base) without(index *Index) Base {
	rest := Base{}
	for name, installed := range b {
		if len(index.byName[name]) == 0 {
			rest[name] = installed
		}
	}
	return rest
}

// clashes returns, in words, which packages cannot be installed beside each other or beside those of the base.
func clashes(packages []*Package, base Base) []string {
	var found []string
	for i, p := range packages {
		if _, err := p.enemies(); err != nil {
			found = append(found, err.Error())
		}
		for _, other := range packages[i+1:] {
			if clash(p, &Installed{other, other.Version, other.Version}) {
				found = append(found, fmt.Sprintf("%s and %s cannot be installed together", p.Name, other.Name))
			}
		}
		for _, name := range base.names() {
			if clash(p, base[name]) {
				found = append(found, fmt.Sprintf("%s cannot be installed beside %s, which the VM image has", p.Name, name))
			}
		}
	}
	return found
}

// clash reports whether one of two packages cannot be installed beside the other. A package is never its own enemy: it
// may conflict with a name that it provides.
func clash(p *Package, other *Installed) bool {
	return p.Name != other.Name && (p.excludes(other) || other.excludes(&Installed{p, p.Version, p.Version}))
}

func (x *Index) fulfils(wanted dependency.Possibility) bool { return len(x.candidates(wanted)) > 0 }

func (b Base) fulfils(wanted dependency.Possibility) bool {
	i := b[wanted.Name]
	return i != nil && i.fulfils(wanted, i.Low, i.High) || b.provides(wanted)
}
