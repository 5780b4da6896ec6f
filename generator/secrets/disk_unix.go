// SPDX-License-Identifier: Apache-2.0

//go:build !windows

package secrets

import (
	"io/fs"
	"os"
)

// tooOpen reports whether others than the owner have any permission.
func tooOpen(mode fs.FileMode) bool { return mode.Perm()&0o077 != 0 }

// syncDir makes the names in a directory survive a power cut.
func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
