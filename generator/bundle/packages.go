// SPDX-License-Identifier: Apache-2.0

package bundle

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Package is a binary package as an index or a dpkg status file has it. Relations are in Debian's own words.
type Package struct {
	Name, Version, Architecture  string
	Priority, Essential          string
	PreDepends, Depends          string
	Provides, Conflicts, Breaks  string
	Replaces, MultiArch          string
	Filename, SHA256, Status     string
	Description, InstalledSize   string
	Size                         int64 // of the file in bytes
	parsedDepends, parsedProvide *relations
	parsedEnemies                *relations
}

// writtenFields are the fields of a stanza that are kept, in the order in which they are written.
var writtenFields = []string{
	"Package", "Version", "Architecture", "Multi-Arch", "Essential", "Priority", "Installed-Size", "Pre-Depends", "Depends",
	"Provides", "Conflicts", "Breaks", "Replaces", "Filename", "SHA256", "Description",
}

// field returns where the value of a field is kept, nil for a field that nobody asks for.
func (p *Package) field(name string) *string {
	switch name {
	case "Package":
		return &p.Name
	case "Version":
		return &p.Version
	case "Architecture":
		return &p.Architecture
	case "Multi-Arch":
		return &p.MultiArch
	case "Essential":
		return &p.Essential
	case "Priority":
		return &p.Priority
	case "Installed-Size":
		return &p.InstalledSize
	case "Pre-Depends":
		return &p.PreDepends
	case "Depends":
		return &p.Depends
	case "Provides":
		return &p.Provides
	case "Conflicts":
		return &p.Conflicts
	case "Breaks":
		return &p.Breaks
	case "Replaces":
		return &p.Replaces
	case "Filename":
		return &p.Filename
	case "SHA256":
		return &p.SHA256
	case "Description":
		return &p.Description
	case "Status":
		return &p.Status
	}
	return nil
}

// maxLine is the longest line of a control file, in bytes; some packages provide thousands of names.
const maxLine = 1 << 20

// ReadPackages reads control stanzas (Packages, /var/lib/dpkg/status) and calls each for every package of this
// architecture; the package is each's to keep.
func ReadPackages(r io.Reader, each func(*Package)) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	s := stanza{Package: new(Package), each: each}
	number := 1
	for ; lines.Scan(); number++ {
		if err := s.line(lines.Bytes()); err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
	}
	err := lines.Err()
	if err == nil {
		err = s.end()
	}
	if err != nil {
		return fmt.Errorf("line %d: %w", number, err)
	}
	return nil
}

// ReadIndex reads the Packages file of a repository like ReadPackages. All its packages have files with a SHA-256.
func ReadIndex(r io.Reader, each func(*Package)) error {
	var wrong error
	err := ReadPackages(r, func(p *Package) {
		switch {
		case hexSum.MatchString(p.SHA256) && p.Filename != "":
			each(p)
		case wrong == nil:
			wrong = fmt.Errorf("it lists %s %s with the file %q and the SHA-256 %q", p.Name, p.Version, p.Filename, p.SHA256)
		}
	})
	return cmp.Or(err, wrong)
}

// stanza is one that is being read.
type stanza struct {
	*Package
	last  *string // the value that a line with a blank before it continues
	lines int
	each  func(*Package)
}

func (s *stanza) line(line []byte) error {
	if len(bytes.TrimSpace(line)) == 0 {
		return s.end()
	}
	s.lines++
	if line[0] == ' ' || line[0] == '\t' {
		if s.last != nil {
			*s.last += " " + string(bytes.TrimSpace(line))
		}
		return nil
	}
	name, value, found := bytes.Cut(line, []byte(":"))
	if !found {
		return fmt.Errorf("%.60q is not a field", line)
	}
	value = bytes.TrimSpace(value)
	if string(name) == "Size" {
		size, err := strconv.ParseInt(string(value), 10, 64)
		if err != nil || size < 0 {
			return fmt.Errorf("%q is not a size", value)
		}
		s.Size = size
	}
	if s.last = s.field(string(name)); s.last != nil {
		*s.last = string(value)
	}
	if string(name) == "Description" {
		s.last = nil // its first line says enough
	}
	return nil
}

// end hands over the package that has been read.
func (s *stanza) end() error {
	p, lines := s.Package, s.lines
	s.Package, s.last, s.lines = new(Package), nil, 0
	switch {
	case lines == 0:
		return nil
	case p.Name == "" || p.Version == "" && p.Status == "":
		return errors.New("a stanza without Package or Version ends here")
	case p.Architecture == "" || p.Architecture == Architecture || p.Architecture == "all":
		s.each(p)
	}
	return nil
}

// EncodePackages returns a Packages file of a flat repository in which the packages have their DebName.
func EncodePackages(packages []*Package) []byte {
	var out bytes.Buffer
	for _, p := range slices.SortedFunc(slices.Values(packages), byName) {
		written := *p
		written.Filename = "./" + p.DebName()
		for _, name := range writtenFields {
			if value := *written.field(name); value != "" {
				fmt.Fprintf(&out, "%s: %s\n", name, value)
			}
		}
		fmt.Fprintf(&out, "Size: %d\n\n", p.Size)
	}
	return out.Bytes()
}

func byName(a, b *Package) int {
	if c := strings.Compare(a.Name, b.Name); c != 0 {
		return c
	}
	return strings.Compare(a.Version, b.Version)
}

var notInNames = regexp.MustCompile(`[^A-Za-z0-9+._~-]`)

// DebName is the name of the package's file in debs/: as Debian names it, without the epoch and not too long for a disk.
func (p *Package) DebName() string {
	_, version, hasEpoch := strings.Cut(p.Version, ":")
	if !hasEpoch {
		version = p.Version
	}
	name := notInNames.ReplaceAllString(fmt.Sprintf("%s_%s_%s.deb", p.Name, version, p.Architecture), "_")
	if len(name) > 64 {
		sum := p.SHA256
		name = name[:40] + "_" + sum[:min(len(sum), 12)] + "_" + p.Architecture + ".deb"
	}
	return path.Base(name)
}
