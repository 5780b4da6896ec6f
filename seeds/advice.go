// SPDX-License-Identifier: Apache-2.0

package seeds

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// advise words an error of the operating system over writing one of the user's files: why it could not be done, and what
// to do about it.
func advise(path string, err error) error {
	err = cause(err)
	var replacing replaceError
	switch {
	case errors.As(err, &replacing):
		return fmt.Errorf("writing %s: what is there cannot be replaced: %w; detach it from the machine that uses it, or write to another file", path, err)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), isDiskFull(err):
		return fmt.Errorf("writing %s: %w; free some space or write to another disk", path, err)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fmt.Errorf("writing %s: %w; make its directory writable or write to another one", path, err)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("writing %s: %w; make its directory first", path, err)
	}
	return fmt.Errorf("writing %s: %w", path, err)
}

// replaceError is that of putting a finished file into its place. Windows does not replace one that a machine has in its
// drive.
type replaceError struct{ error }

func (r replaceError) Unwrap() error { return r.error }

// cause strips what package os adds to an error: the system call and a path that may be a temporary name.
func cause(err error) error {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		return pathError.Err
	}
	var linkError *os.LinkError
	if errors.As(err, &linkError) {
		return linkError.Err
	}
	return err
}
