// SPDX-License-Identifier: Apache-2.0

package main

import "runtime/debug"

// release is set by the linker (-X main.release=v1.2.3) where the build has no version control to ask.
var release string

// version returns the version of this program.
func version() string {
	if release != "" {
		return release
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
