// SPDX-License-Identifier: Apache-2.0

package generator

// FileWhys returns what the table says of guest files.
func FileWhys() []string {
	var whys []string
	for _, t := range fileTexts {
		whys = append(whys, t.why)
	}
	return whys
}
