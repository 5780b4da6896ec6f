// SPDX-License-Identifier: Apache-2.0

package secrets

import (
	"errors"
	"io"
	"io/fs"
	"os"
)

// maxFile is far more than any file of the secrets needs; a larger one is not read into memory.
const maxFile = 1 << 20

// readSmall reads a file and returns its permissions. Its errors leave out the path.
func readSmall(path string) ([]byte, fs.FileMode, error) {
	info, err := os.Stat(path) // before opening: a pipe would wait for a writer
	switch {
	case err != nil:
		return nil, 0, reason(err)
	case !info.Mode().IsRegular():
		return nil, 0, errors.New("not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, reason(err)
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	switch {
	case err != nil:
		return nil, 0, reason(err)
	case len(content) > maxFile:
		return nil, 0, errors.New("larger than 1 MiB")
	}
	return content, info.Mode(), nil
}

func isEmpty(dir string) (bool, error) {
	entries, err := os.ReadDir(dir)
	return err == nil && len(entries) == 0, err
}

// reason strips operation and path from an error of package os: the messages name the place themselves, and temporary
// names tell a reader nothing.
func reason(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return e.Err
	}
	return err
}
