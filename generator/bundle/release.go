// SPDX-License-Identifier: Apache-2.0

package bundle

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Release is what the signed file at the top of a repository says.
type Release struct {
	Suite, Codename string
	ValidUntil      time.Time // zero: for ever
	ByHash          bool      // indices can be had by their hashes
	Files           map[string]IndexFile
}

// IndexFile is one index of a repository.
type IndexFile struct {
	Path   string // below the suite
	SHA256 string // in hex
	Size   int64  // bytes
}

var hexSum = regexp.MustCompile(`^[0-9a-f]{64}$`)

// ParseRelease reads the text of a Release file, whose signature has been checked.
func ParseRelease(text []byte) (Release, error) {
	r := Release{Files: map[string]IndexFile{}}
	list := false
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		line := lines.Text()
		if strings.HasPrefix(line, " ") {
			if list {
				f, err := indexFile(line)
				if err != nil {
					return Release{}, err
				}
				r.Files[f.Path] = f
			}
			continue
		}
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		list = name == "SHA256"
		switch name {
		case "Suite":
			r.Suite = value
		case "Codename":
			r.Codename = value
		case "Acquire-By-Hash":
			r.ByHash = value == "yes"
		case "Valid-Until":
			until, err := time.Parse("Mon, _2 Jan 2006 15:04:05 MST", value)
			if err != nil {
				return Release{}, fmt.Errorf("%q is not a date", value)
			}
			r.ValidUntil = until
		}
	}
	if err := lines.Err(); err != nil {
		return Release{}, err
	}
	if len(r.Files) == 0 {
		return Release{}, errors.New("it lists no SHA-256 of any index")
	}
	return r, nil
}

func indexFile(line string) (IndexFile, error) {
	words := strings.Fields(line)
	if len(words) != 3 || !hexSum.MatchString(words[0]) {
		return IndexFile{}, fmt.Errorf("%.80q is not a checksum, a size and a name", line)
	}
	size, err := strconv.ParseInt(words[1], 10, 64)
	if err != nil || size < 0 {
		return IndexFile{}, fmt.Errorf("%.80q is not a size", words[1])
	}
	return IndexFile{path.Clean(words[2]), words[0], size}, nil
}

// Index returns the Packages file of a component: by gzip, which is quicker to read than xz, where there is one, and
// uncompressed at last, because Debian lists that and does not have it. The component of a flat repository is empty.
func (r Release) Index(component string) (IndexFile, error) {
	dir := ""
	if component != "" {
		dir = component + "/binary-" + Architecture + "/"
	}
	for _, name := range []string{dir + "Packages.gz", dir + "Packages.xz", dir + "Packages"} {
		if f, ok := r.Files[name]; ok {
			return f, nil
		}
	}
	return IndexFile{}, fmt.Errorf("it lists no %sPackages.gz", dir)
}

// Location returns where the index is below the suite.
func (r Release) Location(f IndexFile) string {
	if !r.ByHash {
		return f.Path
	}
	return path.Join(path.Dir(f.Path), "by-hash/SHA256", f.SHA256)
}
