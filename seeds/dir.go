// SPDX-License-Identifier: Apache-2.0

package seeds

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/hakube/hakube-seed/seeds/atomicfile"
)

// WriteDir writes a seed as a directory of its four files, all readable by the user alone. A seed that is already there
// is replaced as a whole: on Linux at one instant, elsewhere with an instant in which there is none. A directory with
// anything else in it is left alone. After an error path is what it was.
func WriteDir(path string, s Seed) error {
	path = filepath.Clean(path)
	if err := replaceable(path); err != nil {
		return advise(path, err)
	}
	fresh, err := os.MkdirTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return advise(path, err)
	}
	defer os.RemoveAll(fresh) // what was replaced, or what could not be written
	if err := os.Chmod(fresh, 0o700); err != nil {
		return advise(path, err)
	}
	for _, f := range s.Files() {
		if err := atomicfile.Write(filepath.Join(fresh, f.Name), 0o600, f.Content); err != nil {
			return advise(filepath.Join(path, f.Name), err)
		}
	}
	if err := swap(fresh, path); err != nil {
		return advise(path, err)
	}
	return nil
}

// replaceable returns an error unless path is free or holds nothing but a seed.
func replaceable(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return errors.New("there is something that is not a directory; move it away")
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !isSeedFile(e.Name()) {
			return fmt.Errorf("there is %q, which is no file of a seed; move it away", e.Name())
		}
	}
	return nil
}

// swap puts fresh in the place of path and leaves what was there, if anything, at fresh.
func swap(fresh, path string) error {
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return os.Rename(fresh, path)
	}
	if exchange(fresh, path) == nil {
		return nil
	}
	return swapBySteps(fresh, path)
}

func swapBySteps(fresh, path string) error {
	old := fresh + ".old"
	if err := os.Rename(path, old); err != nil {
		return err
	}
	if err := os.Rename(fresh, path); err != nil {
		return errors.Join(err, os.Rename(old, path))
	}
	return os.Rename(old, fresh)
}
