// SPDX-License-Identifier: Apache-2.0

// Package atomicfile writes files that are either complete or not there.
//
// A write goes to a temporary name in the same directory, is flushed to the disk and then takes its final name, so that
// a full disk, a killed process or a power cut leaves the old file or the new one, never half of one.
package atomicfile

import (
	"os"
	"path/filepath"
)

// Write replaces the file at path by data with the permissions perm, whatever the umask is. Its errors are those of
// package os; after one, what was at path is untouched and no temporary file is left.
func Write(path string, perm os.FileMode, data []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if _, err = f.Write(data); err != nil {
		return err
	}
	if err = f.Chmod(perm); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
