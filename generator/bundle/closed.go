// SPDX-License-Identifier: Apache-2.0

package bundle

import (
	"fmt"
	"slices"

	"pault.ag/go/debian/dependency"
)

// Unmet returns, in words, everything that the packages and the roots need and that neither the packages nor the base
// have. It shares no decision with Resolve: it looks at every relation of every package.
func Unmet(packages []*Package, base Base, roots []Root) []string {
	index := NewIndex(packages)
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
	return unmet
}

func (x *Index) fulfils(wanted dependency.Possibility) bool { return len(x.candidates(wanted)) > 0 }

func (b Base) fulfils(wanted dependency.Possibility) bool {
	i := b[wanted.Name]
	return i != nil && i.fulfils(wanted, i.Low, i.High) || b.provides(wanted)
}
