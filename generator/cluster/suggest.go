// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"strings"
)

// choice checks that a word is one of the known ones; kind is what the word names, as in "container runtime".
func choice(kind, word string, known []string) *problem {
	for _, k := range known {
		if word == k {
			return nil
		}
	}
	return &problem{
		message: fmt.Sprintf("%q is not a known %s; known: %s", word, kind, strings.Join(known, ", ")),
		hint:    didYouMean(word, known),
	}
}

// didYouMean asks for the known word that is nearest to a mistyped one, if any is near.
func didYouMean(word string, known []string) string {
	best, bestDistance := "", len(word)/2+1
	for _, k := range known {
		if d := distance(strings.ToLower(word), strings.ToLower(k)); d < bestDistance {
			best, bestDistance = k, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("did you mean %q?", best)
}

// distance is how many letters must be put in, taken out or changed to make b of a. Words of absurd length are far from
// everything, so that a hostile inventory cannot buy time with them.
func distance(a, b string) int {
	const longest = 64
	if len(a) > longest || len(b) > longest {
		return len(a) + len(b)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
