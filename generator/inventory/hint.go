// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"fmt"
	"reflect"
	"strings"
)

// suggest says what the user may have meant by a key that the mapping of type t does not have.
func suggest(unknown string, t reflect.Type) string {
	here := keysOf(t)
	if near := nearest(unknown, names(here)); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	if homes := homes(unknown); len(homes) > 0 {
		return fmt.Sprintf("%q belongs %s", unknown, strings.Join(homes, " or "))
	}
	return listing(here)
}

// nearest returns the key that is most like the unknown one: a few letters apart, or one that it begins or ends with.
func nearest(unknown string, keys []string) string {
	lower := strings.ToLower(unknown)
	best, least := "", max(1, len(unknown)/3)+1
	for _, k := range keys {
		if d := distance(lower, strings.ToLower(k)); d < least {
			best, least = k, d
		}
	}
	if best != "" {
		return best
	}
	for _, k := range keys {
		l := strings.ToLower(k)
		part := len(l) >= 4 && (strings.HasPrefix(lower, l) || strings.HasSuffix(lower, l)) ||
			len(lower) >= 4 && (strings.HasPrefix(l, lower) || strings.HasSuffix(l, lower))
		if part && len(k) > len(best) {
			best = k
		}
	}
	return best
}

// distance counts the letters to insert, drop, replace or swap with their neighbour that make a into b.
func distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	if len(s) > maxKey {
		return len(s)
	}
	before, last, row := make([]int, len(t)+1), make([]int, len(t)+1), make([]int, len(t)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(s); i++ {
		row[0] = i
		for j := 1; j <= len(t); j++ {
			change := 1
			if s[i-1] == t[j-1] {
				change = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+change)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(t)]
}

// homes returns the mappings of the schema that have the key, in words.
func homes(name string) []string {
	var found []string
	var look func(t reflect.Type, path string)
	look = func(t reflect.Type, path string) {
		for _, k := range keysOf(t) {
			if k.name == name {
				found = append(found, home(path))
			}
			inner, below := t.Field(k.field).Type, strings.TrimPrefix(path+"."+k.name, ".")
			if inner.Kind() == reflect.Slice {
				inner, below = inner.Elem(), below+"[]"
			}
			if inner.Kind() == reflect.Struct {
				look(inner, below)
			}
		}
	}
	look(reflect.TypeFor[Inventory](), "")
	return found
}

func home(path string) string {
	if path == "" {
		return "at the top of the file"
	}
	if list, ok := strings.CutSuffix(path, "[]"); ok {
		return "in an item of " + list
	}
	return "in " + path
}
