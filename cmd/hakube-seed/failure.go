// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"github.com/hakube/hakube-seed/cmd/hakube-seed/download"
)

// The exit codes.
const (
	exitDone    = 0
	exitNotDone = 1
	exitUsage   = 2
	exitLate    = 3
)

// failure is an error together with what the user can do about it.
type failure struct {
	err  error
	hint string
}

func (f failure) Error() string { return f.err.Error() }
func (f failure) Unwrap() error { return f.err }

// usageError is a command line that says nothing this program can do.
type usageError struct{ message, hint string }

func (u usageError) Error() string { return u.message }

// lateError is something that was waited for and has not come in time.
type lateError struct{ failure }

// errDifferent ends diff with exit code 1 and without a message: the differences are the message.
var errDifferent = errors.New("different")

// usagef returns a usage error with a hint.
func usagef(hint, format string, args ...any) error {
	return usageError{fmt.Sprintf(format, args...), hint}
}

// exitCode returns the exit code for the outcome err of a command.
func exitCode(err error) int {
	var usage usageError
	var late lateError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &usage):
		return exitUsage
	case errors.As(err, &late):
		return exitLate
	}
	return exitNotDone
}

// explain returns what to print about err: what is wrong, and what can be done about it, which is the error's own hint,
// or follows from what the operating system said, or is what the packages below put after a semicolon.
func explain(err error) (message, hint string) {
	var usage usageError
	var f failure
	var late lateError
	var advised download.Advised
	switch message = err.Error(); {
	case errors.As(err, &usage):
		return message, usage.hint
	case errors.As(err, &advised):
		return message, advised.Hint
	case errors.As(err, &late):
		return message, late.hint
	case errors.As(err, &f):
		return message, f.hint
	}
	if at := strings.LastIndex(message, "; "); at >= 0 {
		return message[:at], message[at+len("; "):]
	}
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		hint = "free some space and run the same command again; the files that are there are whole"
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		hint = "make its directory writable or name another one"
	}
	return message, hint
}

// plainCause shortens "open out/x: permission denied" to what the sentence around it does not say yet, because an error
// that names its file itself needs no operation and no second path.
func plainCause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	var link *os.LinkError
	if errors.As(err, &link) {
		return link.Err
	}
	return err
}
