// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/urfave/cli/v2"
)

func diffCommand(p *printer) *cli.Command {
	return &cli.Command{
		Name:      "diff",
		Usage:     "compare media by guest file",
		ArgsUsage: "OLD NEW",
		Description: "OLD and NEW are two media or two output directories. Prints what differs, secrets masked. The exit code is 0 when\n" +
			"nothing differs and 1 when something does.\n\n" +
			"Example:\n   $ hakube-seed diff out/reference/k8s-worker1.iso out/reference/k8s-worker2.iso",
		Action: func(c *cli.Context) error {
			pairs, err := pairsOf(c.Args().Get(0), c.Args().Get(1))
			if err != nil {
				return err
			}
			different := false
			for _, pair := range pairs {
				text, err := pair.compare()
				if err != nil {
					return err
				}
				if len(text) > 0 {
					different = true
					if _, err := p.Write(text); err != nil {
						return err
					}
				}
			}
			if different {
				return errDifferent
			}
			return nil
		},
	}
}

// pair is two media to compare; old or new is empty when there is no such medium.
type pair struct{ old, new string }

// pairsOf returns what to compare: two media, or the media of two directories that are of the same node.
func pairsOf(old, new string) ([]pair, error) {
	oldIs, err := isMedium(old)
	if err != nil {
		return nil, err
	}
	newIs, err := isMedium(new)
	if err != nil {
		return nil, err
	}
	if oldIs && newIs {
		return []pair{{old, new}}, nil
	}
	if oldIs != newIs {
		return nil, failure{
			fmt.Errorf("%q and %q cannot be compared: one is a medium, the other is none", old, new),
			"name two media or two directories of media",
		}
	}
	byNode := map[string]pair{}
	for i, dir := range []string{old, new} {
		names, err := mediaIn(dir)
		if err != nil {
			return nil, err
		}
		if len(names) == 0 {
			return nil, failure{fmt.Errorf("reading %s: no media in it", dir), "name the directory that gen wrote media into, or one medium"}
		}
		for _, name := range names {
			node := nodeOf(name)
			both := byNode[node]
			if i == 0 {
				both.old = filepath.Join(dir, name)
			} else {
				both.new = filepath.Join(dir, name)
			}
			byNode[node] = both
		}
	}
	var pairs []pair
	for _, node := range sortedKeys(byNode) {
		pairs = append(pairs, byNode[node])
	}
	return pairs, nil
}

// compare returns how two media differ, as text; empty when they do not.
func (p pair) compare() ([]byte, error) {
	if p.new == "" {
		return []byte("only in OLD: " + p.old + "\n"), nil
	}
	if p.old == "" {
		return []byte("only in NEW: " + p.new + "\n"), nil
	}
	old, err := documentsAt(p.old)
	if err != nil {
		return nil, err
	}
	new, err := documentsAt(p.new)
	if err != nil {
		return nil, err
	}
	names := sortedKeys(old)
	for _, name := range sortedKeys(new) {
		if _, ok := old[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var out bytes.Buffer
	for _, name := range names {
		out.Write(old[name].differences(new[name], p.old+":"+name, p.new+":"+name))
	}
	return out.Bytes(), nil
}

// sortedKeys returns the keys of m in order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// document is a part of a medium that is compared as a whole. The zero document is one that is not there.
type document struct {
	there   bool
	mode    uint32 // 0 for a document that is no guest file
	content []byte
	secret  string
}

// checksumFile is the guest file that holds the check sums of the others, and so differs whenever they do.
const checksumFile = "/etc/hakube/files.sha256"

// documentsAt returns what is on the medium at path, by name: the seed's files and, by their paths, the guest files.
func documentsAt(path string) (map[string]document, error) {
	m, err := readMedium(path)
	if err != nil {
		return nil, err
	}
	documents := map[string]document{}
	for _, f := range m.seed.Files() {
		documents[f.Name] = document{there: true, content: f.Content}
	}
	documents["user-data"] = document{there: true, content: withoutFiles(m.seed.UserData)}
	for _, f := range m.Files {
		if f.Path == checksumFile {
			continue
		}
		documents[f.Path] = document{true, f.Mode, f.Content, f.Secret}
	}
	return documents, nil
}

// passwordLine is the line of a cloud-config that holds the password hash of a user.
var passwordLine = regexp.MustCompile(`(?m)^(\s*(?:- )?passwd:\s).*$`)

// withoutFiles returns a cloud-config up to its guest files, which are compared by themselves, without password hashes.
func withoutFiles(userData []byte) []byte {
	head, _, _ := bytes.Cut(userData, []byte("\nwrite_files:\n"))
	return append(passwordLine.ReplaceAll(head, []byte("${1}(masked)")), '\n')
}

// differences returns how d differs from its successor new, without the secrets of either.
func (d document) differences(new document, oldName, newName string) []byte {
	var out bytes.Buffer
	if d.mode != new.mode && d.there && new.there {
		fmt.Fprintf(&out, "mode %04o %s\nmode %04o %s\n", d.mode, oldName, new.mode, newName)
	}
	if d.there == new.there && bytes.Equal(d.content, new.content) {
		return out.Bytes()
	}
	old, shown := d.masked()
	successor, alsoShown := new.masked()
	if shown && alsoShown && utf8.Valid(old) && utf8.Valid(successor) && !bytes.Equal(old, successor) {
		out.Write(diff.Diff(oldName, old, newName, successor))
		return out.Bytes()
	}
	fmt.Fprintf(&out, "diff %s %s\n", oldName, newName)
	what := "contents"
	if kind := cmp.Or(d.secret, new.secret); kind != "" {
		what = "secrets (" + kind + ")"
	}
	fmt.Fprintf(&out, "%s %s\n", what, d.presence(new))
	return out.Bytes()
}

// maskable are the secrets that are a word in a text which is worth comparing, with what the word looks like. A hash
// that says so ("sha256:…") is no certificate key.
var maskable = map[string]*regexp.Regexp{
	"bootstrap token": regexp.MustCompile(`()\b(?:[a-z0-9]{6}\.)?[a-z0-9]{16}\b`),
	"certificate key": regexp.MustCompile(`(^|[^:0-9a-fA-F])[0-9a-fA-F]{64}\b`),
}

// masked returns the content without its secrets, and whether there is anything left to show.
func (d document) masked() (content []byte, shown bool) {
	content = d.content
	if d.secret == "" {
		return content, true
	}
	for kind := range strings.SplitSeq(d.secret, ", ") {
		form, ok := maskable[kind]
		if !ok {
			return nil, false
		}
		content = form.ReplaceAll(content, []byte("${1}(masked)"))
	}
	return content, true
}

// presence says in a word what happened between d and new.
func (d document) presence(new document) string {
	switch {
	case !d.there:
		return "added"
	case !new.there:
		return "removed"
	}
	return "differ"
}
