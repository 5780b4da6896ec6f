// SPDX-License-Identifier: Apache-2.0

package bundle_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hakube/hakube-seed/generator/bundle"
)

// packages reads an index written short: one package a line, "name version field: value; field: value".
func packages(t testing.TB, text string) []*bundle.Package {
	t.Helper()
	var out strings.Builder
	for line := range strings.Lines(text) {
		words := strings.SplitN(strings.TrimSpace(line), " ", 3)
		if len(words) < 2 {
			continue
		}
		fmt.Fprintf(&out, "Package: %s\nVersion: %s\nArchitecture: amd64\n", words[0], words[1])
		if len(words) == 3 {
			out.WriteString(strings.ReplaceAll(words[2], "; ", "\n") + "\n")
		}
		out.WriteString("\n")
	}
	var all []*bundle.Package
	if err := bundle.ReadPackages(strings.NewReader(out.String()), func(p *bundle.Package) { all = append(all, p) }); err != nil {
		t.Fatal(err)
	}
	return all
}

var closures = []struct {
	name, index, base, want, missing string
	roots                            []bundle.Root
}{
	{name: "alone", index: "a 1", want: "a=1 <role>"},
	{name: "a chain", index: "a 1 Depends: b\nb 2 Pre-Depends: c\nc 3", want: "a=1 <role> b=2 <a> c=3 <b>"},
	{name: "a ring", index: "a 1 Depends: b\nb 2 Depends: a", want: "a=1 <b role> b=2 <a>"},
	{name: "the newest", index: "a 1 Depends: b\nb 1:1\nb 2\nb 1:0.9~rc", want: "a=1 <role> b=1:1 <a>"},
	{name: "not the newest", index: "a 1 Depends: b (<< 2)\nb 2\nb 1.9", want: "a=1 <role> b=1.9 <a>"},
	{name: "exactly", index: "a 1 Depends: b (= 2-1)\nb 2-2\nb 2-1", want: "a=1 <role> b=2-1 <a>"},
	{name: "the first of two", index: "a 1 Depends: b | c\nb 1\nc 1", want: "a=1 <role> b=1 <a>"},
	{name: "the second, because there is no first", index: "a 1 Depends: b | c\nc 1", want: "a=1 <role> c=1 <a>"},
	{name: "the second, because the first needs what is not there", index: "a 1 Depends: b | c\nb 1 Depends: x, none\nx 1\nc 1", want: "a=1 <role> c=1 <a>"},
	{name: "the second, because it is chosen", index: "a 1 Depends: c, b | c\nb 1\nc 1", want: "a=1 <role> c=1 <a>"},
	{name: "the second, because the image has it", index: "a 1 Depends: b | c\nb 1\nc 1", base: "c 1", want: "a=1 <role>"},
	{name: "a virtual package", index: "a 1 Depends: mta\npostfix 1 Provides: mta; Priority: optional\nexim 1 Provides: mta; Priority: standard", want: "a=1 <role> exim=1 <a>"},
	{name: "a virtual package that the image has", index: "a 1 Depends: mta\npostfix 1 Provides: mta", base: "sendmail 8 Provides: mta", want: "a=1 <role>"},
	{name: "a versioned virtual package", index: "a 1 Depends: v (>= 2)\nold 1 Provides: v\nolder 1 Provides: v (= 1)\nnew 1 Provides: v (= 2)", want: "a=1 <role> new=1 <a>"},
	{name: "any architecture", index: "a 1 Depends: python3:any (>= 3.1~)\npython3 3.11", want: "a=1 <role> python3=3.11 <a>"},
	{name: "the image has it", index: "a 1 Depends: b\nb 1", base: "b 0.1", want: "a=1 <role>"},
	{name: "the image has it too old", index: "a 1 Depends: b (>= 1)\nb 1", base: "b 0.1", want: "a=1 <role> b=1 <a>"},
	{name: "siblings stay together", index: "a 1 Depends: b (>= 2)\nb 2\ns 2 Depends: b (= 2)", base: "b 1\ns 1 Depends: b (= 1)", want: "a=1 <role> b=2 <a s> s=2 <b>"},
	{name: "what it breaks is replaced", index: "a 1 Breaks: b (<< 2)\nb 2", base: "b 1", want: "a=1 <role> b=2 <a>"},
	{name: "what it conflicts with is replaced", index: "a 1 Conflicts: b (<< 2)\nb 2", base: "b 1", want: "a=1 <role> b=2 <a>"},
	{name: "what breaks it is replaced", index: "a 1\nb 2", base: "b 1 Breaks: a (<< 2)", want: "a=1 <role> b=2 <a>"},
	{name: "an enemy in the image", index: "a 1 Conflicts: b\nb 2", base: "b 1", missing: "a and b cannot be installed together"},
	{name: "an enemy that only the image has", index: "a 1 Conflicts: mta", base: "b 1 Provides: mta", missing: "a cannot be installed beside b, which the VM image has"},
	{name: "an enemy of the image's", index: "a 1", base: "b 1 Breaks: a (<< 2)", missing: "a cannot be installed beside b, which the VM image has"},
	{name: "the only one of its kind", index: "a 1 Provides: v; Conflicts: v", want: "a=1 <role>"},
	{name: "a version that another one takes away", roots: []bundle.Root{{Name: "a", Role: "role"}, {Name: "b", Role: "role"}}, index: "a 1 Depends: x (= 1)\nb 1 Depends: x (>= 2)\nx 2", base: "x 1", missing: "x (= 1) is missing; needed by a 1"},
	{name: "a root that the image has is carried all the same", index: "a 1", base: "a 0", want: "a=1 <role>"},
	{name: "a root that only the image has", index: "b 1", base: "a 0", want: ""},
	{name: "a pinned root", roots: []bundle.Root{{Name: "a", Version: "1.37.2", Role: "role"}}, index: "a 1.37.20-1.1\na 1.37.2-1.1\na 1.37.2-2.1\na 1.37.3-1.1", want: "a=1.37.2-2.1 <role>"},
	{name: "a pinned root that another one would take newer", roots: []bundle.Root{{Name: "a", Version: "1.29.2", Role: "role"}, {Name: "b", Version: "1.29.2", Role: "role"}}, index: "a 1.29.2-1.1 Depends: b (>= 1.19.0)\nb 1.29.14-1.1\nb 1.29.2-1.1", want: "a=1.29.2-1.1 <role> b=1.29.2-1.1 <a role>"},
	{name: "a pinned root that another one needs newer", roots: []bundle.Root{{Name: "a", Version: "1", Role: "role"}, {Name: "b", Version: "1", Role: "role"}}, index: "a 1 Depends: b (>= 2)\nb 2\nb 1", missing: "a needs b 2, and role needs 1"},
	{name: "a pinned root that is not there", roots: []bundle.Root{{Name: "a", Version: "1.37.2", Role: "role"}}, index: "a 1.37.3-1.1\na 1.37.20-1.1", base: "a 1.37.2-1.1", missing: "the repositories have a 1.37.20-1.1, 1.37.3-1.1, not 1.37.2, needed by role"},
	{name: "no root", index: "b 1", missing: "no repository has a, needed by role"},
	{name: "no dependency", index: "a 1 Depends: b (>= 2) | c, d\nb 1", missing: "a 1 needs b (>= 2) | c, which no repository has\na 1 needs d, which no repository has"},
	{name: "no dependency of a dependency", index: "a 1 Depends: b\nb 1 Depends: c", missing: "b 1 needs c, which no repository has"},
	{name: "recommendations are not followed", index: "a 1 Recommends: b\nb 1", want: "a=1 <role>"},
	{name: "two versions at once", index: "a 1 Depends: b, c\nb 1 Depends: d (= 1)\nc 1 Depends: d (= 2)\nd 1\nd 2", missing: "c needs d 2, and b needs 1"},
	{name: "enemies", index: "a 1 Depends: b, c\nb 1 Conflicts: c\nc 1", missing: "b and c cannot be installed together"},
	{name: "not even a relation", index: "a 1 Depends: b (>= \nb 1", missing: `a: "b (>=" is not a relation between packages`},
}

func TestClosure(t *testing.T) {
	for _, c := range closures {
		t.Run(c.name, func(t *testing.T) {
			base, err := bundle.ReadBase(bundle.EncodePackages(packages(t, c.base)))
			if err != nil {
				t.Fatal(err)
			}
			if c.roots == nil {
				c.roots = []bundle.Root{{Name: "a", Role: "role"}}
			}
			chosen, err := bundle.Resolve(bundle.NewIndex(packages(t, c.index)), base, c.roots)
			if c.missing != "" {
				if err == nil || err.Error() != c.missing {
					t.Errorf("got %v, want %s", err, c.missing)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			var carried []*bundle.Package
			for _, s := range chosen {
				got = append(got, fmt.Sprintf("%s=%s <%s>", s.Name, s.Version, strings.Join(s.NeededBy, " ")))
				carried = append(carried, s.Package)
			}
			if diff := cmp.Diff(c.want, strings.Join(got, " ")); diff != "" {
				t.Error(diff)
			}
			if unmet := bundle.Unmet(carried, base, c.roots); len(unmet) != 0 {
				t.Errorf("unmet: %q", unmet)
			}
			// without any one of them, somebody misses it
			for i := range carried {
				rest := append(append([]*bundle.Package{}, carried[:i]...), carried[i+1:]...)
				if unmet := bundle.Unmet(rest, bundle.Base{}, c.roots); len(unmet) == 0 && !strings.Contains(c.name, "replaced") && !strings.Contains(c.name, "siblings") {
					t.Errorf("without %s nobody misses anything", carried[i].Name)
				}
			}
		})
	}
}

func TestStockBaseIsNotSureOfVersions(t *testing.T) {
	index := bundle.NewIndex(packages(t, `
libc6 2.36-9+deb12u14 Priority: required
libssl3 3.0.22-1~deb12u2 Priority: optional
apt 2.6.1 Priority: required; Depends: libssl3, debconf | debconf-2.0
debconf 1 Priority: optional
nftables 1 Priority: important
bash 5 Essential: yes
new 1 Depends: libc6 (>= 2.36-9+deb12u10)
old 1 Depends: libc6 (>= 2.34), libssl3 (>= 3)
exact 1 Depends: libc6 (= 2.36-9+deb12u14)`))
	base, err := bundle.StockBase(index)
	if err != nil {
		t.Fatal(err)
	}
	want := []bundle.BaseRecord{{Name: "apt", From: "2.6.1", To: "2.6.1"}, {Name: "bash", From: "5", To: "5"}, {Name: "libc6", From: "2.36-9", To: "2.36-9+deb12u14"}, {Name: "libssl3", From: "3", To: "3.0.22-1~deb12u2"}}
	if diff := cmp.Diff(want, base.Records()); diff != "" {
		t.Errorf("a stock image has:\n%s", diff)
	}
	for root, carried := range map[string]string{"new": "libc6 new", "old": "old", "exact": "exact libc6"} {
		chosen, err := bundle.Resolve(index, base, []bundle.Root{{Name: root, Role: "role"}})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, s := range chosen {
			names = append(names, s.Name)
		}
		if got := strings.Join(names, " "); got != carried {
			t.Errorf("%s: %s is carried, want %s", root, got, carried)
		}
	}
}

// What a plain list does not say of its packages, the bundle does.
func TestCheckAgainstAPlainList(t *testing.T) {
	list, err := bundle.ReadBase([]byte("exim4 4.96\n"))
	if err != nil {
		t.Fatal(err)
	}
	m := bundle.Manifest{Format: bundle.Format, Base: []bundle.BaseRecord{{Name: "exim4", From: "4.95", To: "4.97", Provides: "mta", Excludes: "b"}}}
	text, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	content := bundle.Content{Files: map[string]bundle.Stored{}, Texts: map[string][]byte{bundle.ManifestFile: text}}
	var stanzas string
	for _, p := range []string{"a", "b"} {
		stanzas += "Package: " + p + "\nVersion: 1\nDepends: mta\nFilename: ./" + p + ".deb\nSHA256: " + strings.Repeat(p, 64) + "\nSize: 1\n\n"
		content.Files["debs/"+p+".deb"] = bundle.Stored{Size: 1, SHA256: strings.Repeat(p, 64)}
	}
	content.Texts[bundle.PackagesFile] = []byte(stanzas)
	got := strings.Join(bundle.Check(bundle.Needs{}, content, list), "\n")
	if strings.Contains(got, "mta is missing") || !strings.Contains(got, "b cannot be installed beside exim4, which the VM image has") {
		t.Error(got)
	}
}

func TestReadBase(t *testing.T) {
	base, err := bundle.ReadBase([]byte("libc6:amd64\t2.36-9+deb12u9\nlibc6:i386\t2.36-9\n\nbash 5.2.15-2+b7\n"))
	if err != nil {
		t.Fatal(err)
	}
	base.Complete(bundle.NewIndex(packages(t, "bash 6 Provides: sh")))
	want := []bundle.BaseRecord{{Name: "bash", From: "5.2.15-2+b7", To: "5.2.15-2+b7", Provides: "sh"}, {Name: "libc6", From: "2.36-9+deb12u9", To: "2.36-9+deb12u9"}}
	if diff := cmp.Diff(want, base.Records()); diff != "" {
		t.Error(diff)
	}
	base, err = bundle.ReadBase([]byte("Package: a\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\nPackage: b\nStatus: deinstall ok config-files\nArchitecture: amd64\nVersion: 1\n"))
	if err != nil || len(base) != 1 {
		t.Errorf("%v %v", base.Records(), err)
	}
	if _, err := bundle.ReadBase([]byte("bash 5\nDesired=Unknown\n")); err == nil || err.Error() != `line 2: "Desired=Unknown" is not a package and its version` {
		t.Error(err)
	}
}
