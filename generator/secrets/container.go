// SPDX-License-Identifier: Apache-2.0

package secrets

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// recipientsFile keeps the public keys that an encrypted store is encrypted to, which age itself does not tell: by it, a
// replaced store stays readable for everybody who could read the old one.
const recipientsFile = "recipients"

// pack returns a tar of the files, so that `age -d FILE | tar x` makes a directory store of an encrypted one.
func pack(files []file) ([]byte, error) {
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for _, f := range files {
		header := &tar.Header{Name: f.name, Mode: 0o600, Size: int64(len(f.content)), ModTime: time.Unix(0, 0), Format: tar.FormatUSTAR}
		if err := w.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := w.Write(f.content); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return buf.Bytes(), err
}

var errContainer = errors.New("what is encrypted is not a tar of secrets")

// unpack reads what pack returned. A file that it does not know is an error, because replacing the store would lose it.
func unpack(container []byte) (map[string][]byte, error) {
	known := []string{recipientsFile, clusterFile}
	for _, f := range new(Secrets).slots() {
		known = append(known, f.name)
	}
	contents := map[string][]byte{}
	for r := tar.NewReader(bytes.NewReader(container)); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return contents, nil
		}
		if err != nil || header.Typeflag != tar.TypeReg {
			return nil, errContainer
		}
		if !slices.Contains(known, header.Name) {
			return nil, fmt.Errorf("holds the file %q, which this program does not know; a newer one wrote it", header.Name)
		}
		if _, ok := contents[header.Name]; ok {
			return nil, fmt.Errorf("holds the file %q twice", header.Name)
		}
		if contents[header.Name], err = io.ReadAll(r); err != nil {
			return nil, errContainer
		}
	}
}
