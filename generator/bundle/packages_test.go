// SPDX-License-Identifier: Apache-2.0

package bundle_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hakube/hakube-seed/generator/bundle"
)

const stanzas = `Package: kubelet
Version: 1.37.2-1.1
Architecture: amd64
Maintainer: somebody
Depends: kubernetes-cni (>= 1.2.0),
 mount
Filename: pool/a.deb
Size: 12
SHA256: 0123456789012345678901234567890123456789012345678901234567890123
Description: node agent
 of Kubernetes

Package: foreign
Version: 1
Architecture: arm64

Package: doc
Version: 1:2-3
Architecture: all
`

func TestPackagesAreReadAndWritten(t *testing.T) {
	read := func(text []byte) (all []*bundle.Package) {
		if err := bundle.ReadPackages(bytes.NewReader(text), func(p *bundle.Package) { all = append(all, p) }); err != nil {
			t.Fatal(err)
		}
		return all
	}
	first := read([]byte(stanzas))
	if len(first) != 2 || first[0].Name != "kubelet" || first[0].Depends != "kubernetes-cni (>= 1.2.0), mount" || first[0].Size != 12 || first[0].Description != "node agent" || first[1].DebName() != "doc_2-3_all.deb" {
		t.Errorf("%+v", first)
	}
	second := read(bundle.EncodePackages(first))
	first[0].Filename, first[1].Filename = "./kubelet_1.37.2-1.1_amd64.deb", "./doc_2-3_all.deb"
	if diff := cmp.Diff([]*bundle.Package{first[1], first[0]}, second, cmpopts.IgnoreUnexported(bundle.Package{})); diff != "" {
		t.Error(diff)
	}
}

func TestPackagesThatAreNone(t *testing.T) {
	for text, want := range map[string]string{
		"Package: a\nVersion: 1\nSize: big\n": `line 3: "big" is not a size`,
		"<html>\n":                            `line 1: "<html>" is not a field`,
		"Package: a\n\n":                      "line 2: a stanza without Package or Version ends here",
		"Version: 1\n":                        "line 2: a stanza without Package or Version ends here",
	} {
		if err := bundle.ReadPackages(strings.NewReader(text), func(*bundle.Package) {}); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestIndicesWithoutChecksums(t *testing.T) {
	sum := strings.Repeat("ab", 32)
	for text, want := range map[string]string{
		"Filename: pool/a.deb\nSHA256: " + sum:   "",
		"Filename: pool/a.deb":                   `it lists a 1 with the file "pool/a.deb" and the SHA-256 ""`,
		"Filename: a.deb\nSHA256: ../../.bashrc": `it lists a 1 with the file "a.deb" and the SHA-256 "../../.bashrc"`,
		"SHA256: " + sum:                         `it lists a 1 with the file "" and the SHA-256 "` + sum + `"`,
	} {
		n := 0
		err := bundle.ReadIndex(strings.NewReader("Package: a\nVersion: 1\n"+text+"\n"), func(*bundle.Package) { n++ })
		if want == "" && (err != nil || n != 1) || want != "" && (err == nil || err.Error() != want || n != 0) {
			t.Errorf("%q: %v, %d packages, want %s", text, err, n, want)
		}
	}
}

func TestDebNamesFitADisk(t *testing.T) {
	for _, p := range []bundle.Package{
		{Name: "a", Version: "1:2:3/4", Architecture: "amd64"},
		{Name: strings.Repeat("long", 30), Version: "1", Architecture: "all", SHA256: strings.Repeat("ab", 32)},
		{Name: strings.Repeat("long", 30), Version: "1", Architecture: "all"},
	} {
		if n := p.DebName(); len(n) > 64 || strings.ContainsAny(n, ":/") || !strings.HasSuffix(n, ".deb") {
			t.Error(n)
		}
	}
}

func FuzzReadPackages(f *testing.F) {
	f.Add([]byte(stanzas))
	f.Add([]byte("Package: a\nVersion: 1\nDepends: a | b (>= 2) [amd64] <!x>, ${c}\nProvides: d (= 1)\nBreaks: e\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var all []*bundle.Package
		if bundle.ReadPackages(bytes.NewReader(data), func(p *bundle.Package) { all = append(all, p) }) != nil {
			return
		}
		// Whatever was read can be resolved and checked, and is read again as it was written.
		_, _ = bundle.Resolve(bundle.NewIndex(all), bundle.Base{}, []bundle.Root{{Name: "a", Role: "role"}})
		bundle.Unmet(all, bundle.Base{}, nil)
		n := 0
		if err := bundle.ReadPackages(bytes.NewReader(bundle.EncodePackages(all)), func(*bundle.Package) { n++ }); err != nil || n != len(all) {
			t.Errorf("%v, %d of %d", err, n, len(all))
		}
	})
}
