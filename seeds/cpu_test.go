// SPDX-License-Identifier: Apache-2.0

//go:build unix

package seeds_test

import (
	"syscall"
	"time"
)

// cpuTime is the processor time of this process; on a busy machine it says more than the clock.
func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
