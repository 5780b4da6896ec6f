// SPDX-License-Identifier: Apache-2.0

//go:build !windows

package main

import "io"

// prepareTerminal has nothing to do: terminals here know how the cursor is moved.
func prepareTerminal(io.Writer) {}
