// SPDX-License-Identifier: Apache-2.0

package seeds

import (
	"errors"
	"syscall"
)

// Windows has two codes for a full disk, and package syscall names neither: ERROR_HANDLE_DISK_FULL, ERROR_DISK_FULL.
func isDiskFull(err error) bool {
	return errors.Is(err, syscall.Errno(39)) || errors.Is(err, syscall.Errno(112))
}
