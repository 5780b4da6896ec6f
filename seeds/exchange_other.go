// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package seeds

import "errors"

// exchange swaps two paths at one instant, which only Linux can.
func exchange(string, string) error { return errors.ErrUnsupported }
