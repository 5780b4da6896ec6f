// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"

	"golang.org/x/sys/windows"
)

// prepareTerminal tells a console to act upon escape sequences; before Windows 11's terminal it prints them otherwise.
func prepareTerminal(w io.Writer) {
	f, ok := w.(interface{ Fd() uintptr })
	if !ok {
		return
	}
	console := windows.Handle(f.Fd())
	var mode uint32
	if windows.GetConsoleMode(console, &mode) == nil {
		windows.SetConsoleMode(console, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) //nolint:errcheck // then it cannot
	}
}
