// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/hakube/hakube-seed/generator"
)

// hyperVDir is the directory of the scripts beside the media.
const hyperVDir = "hyper-v"

// writeHyperV writes the scripts for a Hyper-V host beside the media. What else is in their directory stays.
func writeHyperV(j job) error {
	files, err := generator.HyperV(j.plan, endings[j.format])
	if err != nil {
		return err
	}
	dir := filepath.Join(j.out.dir, hyperVDir)
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
