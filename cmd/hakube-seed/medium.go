// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/hakube/hakube-seed/seeds"
)

// medium is a medium of this program, read back.
type medium struct {
	seed seeds.Seed
	seeds.Contents
}

// readMedium reads the medium at path: an ISO image, or a directory that holds a seed.
func readMedium(path string) (medium, error) {
	const foreign = "only media that hakube-seed wrote can be looked into"
	if names, err := mediaIn(path); err == nil && len(names) > 0 {
		return medium{}, failure{fmt.Errorf("reading %s: a directory of media, not a medium", path), "name one of them: " + filepath.Join(path, names[0])}
	}
	seed, err := seeds.Read(path)
	if err != nil {
		return medium{}, err
	}
	contents, err := seeds.ReadUserData(seed.UserData)
	if err != nil {
		return medium{}, failure{fmt.Errorf("reading %s: %w", path, err), foreign}
	}
	if contents.Record.Node == "" {
		return medium{}, failure{fmt.Errorf("reading %s: it has no %s", path, seeds.NodeFile), foreign}
	}
	return medium{seed, contents}, nil
}

// isMedium reports whether path is a medium rather than a directory of media.
func isMedium(path string) (bool, error) {
	info, err := os.Stat(path)
	if err != nil {
		return false, fmt.Errorf("reading %s: %w", path, plainCause(err))
	}
	if !info.IsDir() {
		return true, nil
	}
	_, err = os.Stat(filepath.Join(path, "user-data"))
	return err == nil, nil
}

// nodeOf is the node that a medium is named after. It is the name itself when that of a file does not end as media do.
func nodeOf(name string) string {
	for _, format := range formats {
		if ending := endings[format]; ending != "" && strings.HasSuffix(name, ending) {
			return strings.TrimSuffix(name, ending)
		}
	}
	return name
}

// mediaIn returns the names of the media in a directory, in order.
func mediaIn(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", dir, plainCause(err))
	}
	var names []string
	for _, e := range entries {
		if e.Name()[0] == '.' || !e.IsDir() && nodeOf(e.Name()) == e.Name() {
			continue
		}
		if is, err := isMedium(filepath.Join(dir, e.Name())); err == nil && is {
			names = append(names, e.Name())
		}
	}
	return names, nil
}
