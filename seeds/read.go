// SPDX-License-Identifier: Apache-2.0

package seeds

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hakube/hakube-seed/seeds/vhdx"
)

// Read reads a seed back from an ISO image, a VHDX that holds one, or a directory, ours or another tool's. Names in an image must be Rock Ridge's,
// as genisoimage, cloud-localds and xorriso write them. A file that is not there is nil; user-data and meta-data must be.
// The node is named after the path.
func Read(path string) (Seed, error) {
	s, err := read(path)
	if err != nil {
		return Seed{}, fmt.Errorf("reading %s: %w", path, cause(err))
	}
	s.Node = strings.TrimSuffix(strings.TrimSuffix(filepath.Base(path), ".iso"), VHDXEnding)
	return s, nil
}

func read(path string) (Seed, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Seed{}, err
	}
	var c content
	switch mode := info.Mode(); {
	case mode.IsDir():
		c, err = readDir(path)
	case mode.IsRegular(), mode.Type() == fs.ModeDevice:
		c, err = readFile(path)
	default:
		err = errors.New("this is neither a directory nor an ISO 9660 image")
	}
	if err != nil {
		return Seed{}, err
	}
	return c.seed()
}

func readFile(path string) (content, error) {
	f, err := os.Open(path)
	if err != nil {
		return content{}, err
	}
	defer f.Close()
	size, err := f.Seek(0, io.SeekEnd) // a drive has no size in its FileInfo
	if err != nil {
		return content{}, err
	}
	c, err := readImageOf(f, size)
	if err != nil {
		return content{}, err
	}
	if c.label != Label && c.label != strings.ToUpper(Label) {
		return content{}, fmt.Errorf("the volume label is %q; a seed's is %q", c.label, Label)
	}
	return c, nil
}

func readImageOf(f *os.File, size int64) (content, error) {
	if !vhdx.Is(f) {
		return readImage(f, size)
	}
	disk, err := vhdx.Unwrap(f)
	if err != nil {
		return content{}, fmt.Errorf("the VHDX: %w", err)
	}
	return readImage(bytes.NewReader(disk), int64(len(disk)))
}

func readDir(path string) (content, error) {
	var c content
	for _, f := range (Seed{}).Files() {
		data, err := readFileOf(path, f.Name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return content{}, fmt.Errorf("%s %w", f.Name, cause(err))
		}
		c.files = append(c.files, File{f.Name, data})
	}
	return c, nil
}

func readFileOf(dir, name string) ([]byte, error) {
	path := filepath.Join(dir, name)
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("is not a file")
	}
	if info.Size() > maxFile {
		return nil, errTooLong(info.Size())
	}
	return os.ReadFile(path)
}

func (c content) seed() (Seed, error) {
	var s Seed
	places := map[string]*[]byte{
		"meta-data":      &s.MetaData,
		"user-data":      &s.UserData,
		"network-config": &s.NetworkConfig,
		"vendor-data":    &s.VendorData,
	}
	for _, f := range c.files {
		*places[f.Name] = f.Content
	}
	for _, name := range []string{"meta-data", "user-data"} {
		if !slices.ContainsFunc(c.files, func(f File) bool { return f.Name == name }) {
			return Seed{}, c.missing(name)
		}
	}
	return s, nil
}

// missing says what is there instead, because names like USER_DAT mean an image without Rock Ridge.
func (c content) missing(name string) error {
	if len(c.others) == 0 {
		return fmt.Errorf("there is no %s", name)
	}
	others := c.others[:min(8, len(c.others))]
	return fmt.Errorf("there is no %s, only %q", name, others)
}
