// SPDX-License-Identifier: Apache-2.0

//go:build !windows

package seeds

// isDiskFull has nothing to add to ENOSPC and EDQUOT.
func isDiskFull(error) bool { return false }
