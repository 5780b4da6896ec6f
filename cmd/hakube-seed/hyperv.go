// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/hakube/hakube-seed/generator"
	"github.com/hakube/hakube-seed/generator/cluster"
)

// hyperVDir is the directory of the scripts beside the media.
const hyperVDir = "hyper-v"

// writeHyperV writes the scripts for a Hyper-V host beside the media in dir. What else is in their directory stays.
func writeHyperV(dir string, plan *cluster.Cluster) error {
	files, err := generator.HyperV(plan)
	if err != nil {
		return err
	}
	dir = filepath.Join(dir, hyperVDir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making the directory %s: %w", dir, plainCause(err))
	}
	for _, f := range files {
		if err := writeFile(filepath.Join(dir, f.Name), 0o644, f.Content); err != nil {
			return err
		}
	}
	return nil
}
