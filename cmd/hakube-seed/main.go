// SPDX-License-Identifier: Apache-2.0

// Command hakube-seed turns an inventory of machines into one NoCloud medium per machine; the machines that boot from
// them become a highly available Kubernetes cluster by themselves.
//
// In go a command line, an inventory and a store of secrets; out come media, a kubeconfig and a manifest. Results are
// printed on standard output and everything else on standard error, and the exit code is 0 (done), 1 (not done), 2
// (wrong usage) or 3 (not in time). Only this package knows flags, the environment, the terminal and the clock.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() { os.Exit(start(os.Args[1:], os.Stdout, os.Stderr)) }

// start runs the program until it is done or told to end, and returns the exit code.
func start(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The first signal asks for an orderly end; after it the second one ends the process as usual.
	context.AfterFunc(ctx, stop)
	return run(ctx, args, stdout, stderr)
}
