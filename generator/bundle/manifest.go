// SPDX-License-Identifier: Apache-2.0

package bundle

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// Format is the version of the manifest's schema.
const Format = "hakube-bundle/v1"

// Manifest is bundle.json: what a bundle holds, and why.
type Manifest struct {
	Format       string          `json:"format"`
	Kubernetes   string          `json:"kubernetes"`
	OS           string          `json:"os"`
	Architecture string          `json:"architecture"`
	Packages     []PackageRecord `json:"packages"`
	Images       []ImageRecord   `json:"images"`
	Base         []BaseRecord    `json:"base"`
}

// PackageRecord is a package of the bundle.
type PackageRecord struct {
	Name     string   `json:"name"`
	Version  string   `json:"version"`
	File     string   `json:"file"`
	SHA256   string   `json:"sha256"`
	NeededBy []string `json:"neededBy"`
}

// ImageRecord is a container image of the bundle.
type ImageRecord struct {
	Image    string `json:"image"`
	Digest   string `json:"digest"` // of its manifest for this architecture
	File     string `json:"file"`
	NeededBy string `json:"neededBy"`
}

// BaseRecord is a package that the VM image must have; which of the versions from From to To it has, does not matter.
type BaseRecord struct {
	Name     string `json:"name"`
	From     string `json:"from"`
	To       string `json:"to"`
	Provides string `json:"provides,omitempty"`
	Excludes string `json:"excludes,omitempty"` // what it breaks or conflicts with
}

// Encode returns the manifest as it is written.
func (m Manifest) Encode() ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	err := encoder.Encode(m)
	return out.Bytes(), err
}

// ReadManifest reads bundle.json.
func ReadManifest(text []byte) (Manifest, error) {
	var m Manifest
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&m); err != nil {
		return Manifest{}, errors.New("it is not a manifest of this program's")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Manifest{}, errors.New("something follows the manifest")
	}
	if m.Format != Format {
		return Manifest{}, fmt.Errorf("its format is %q; this program reads %q", m.Format, Format)
	}
	return m, nil
}

// PackageRecords returns what the manifest says of packages that were chosen.
func PackageRecords(chosen []Selected) []PackageRecord {
	records := make([]PackageRecord, len(chosen))
	for i, s := range chosen {
		records[i] = PackageRecord{s.Name, s.Version, DebsDir + s.DebName(), s.SHA256, s.NeededBy}
	}
	return records
}

// Records returns the base as the manifest keeps it.
func (b Base) Records() []BaseRecord {
	records := make([]BaseRecord, 0, len(b))
	for _, name := range b.names() {
		records = append(records, BaseRecord{name, b[name].Low, b[name].High, b[name].Provides, b[name].enemiesText()})
	}
	return records
}

// BaseOf returns the base that a manifest keeps.
func BaseOf(records []BaseRecord) Base {
	base := Base{}
	for _, r := range records {
		base[r.Name] = &Installed{&Package{Name: r.Name, Version: r.To, Provides: r.Provides, Conflicts: r.Excludes}, r.From, r.To}
	}
	return base
}

// EncodeSums returns SHA256SUMS, as sha256sum writes and the nodes read it; sums are by path.
func EncodeSums(sums map[string]string) []byte {
	var lines []string
	for path, sum := range sums {
		lines = append(lines, sum+"  ./"+path+"\n")
	}
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(a[64:], b[64:]) })
	return []byte(strings.Join(lines, ""))
}

var sumLine = regexp.MustCompile(`^([0-9a-f]{64})  \./(.+)$`)

// ReadSums reads SHA256SUMS.
func ReadSums(text []byte) (map[string]string, error) {
	sums := map[string]string{}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for number := 1; lines.Scan(); number++ {
		words := sumLine.FindStringSubmatch(lines.Text())
		switch {
		case words == nil:
			return nil, fmt.Errorf("line %d is not a checksum and a file", number)
		case sums[words[2]] != "":
			return nil, fmt.Errorf("line %d: %s is there twice", number, words[2])
		}
		sums[words[2]] = words[1]
	}
	return sums, lines.Err()
}
