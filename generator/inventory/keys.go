// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"reflect"
	"strings"
)

// key is one key of a mapping with a fixed set of keys.
type key struct {
	name  string
	field int
}

// keysOf is the function of the same name, which is too slow to be asked again for every node.
func (d *decoder) keysOf(t reflect.Type) []key {
	keys, known := d.keys[t]
	if !known {
		keys = keysOf(t)
		d.keys[t] = keys
	}
	return keys
}

// keysOf returns the keys of a type, in the order of the schema.
func keysOf(t reflect.Type) []key {
	var keys []key
	for i := range t.NumField() {
		if name := t.Field(i).Tag.Get("yaml"); name != "" {
			keys = append(keys, key{name, i})
		}
	}
	return keys
}

// shortKey returns the key of a mapping that can be given alone, as text in place of the mapping.
func shortKey(t reflect.Type) (short key, ok bool) {
	for _, k := range keysOf(t) {
		if _, ok := t.Field(k.field).Tag.Lookup("short"); ok {
			return k, true
		}
	}
	return key{}, false
}

// listing is the hint that names the keys of a mapping.
func listing(keys []key) string {
	if len(keys) > 14 {
		return "hakube-seed schema describes all keys"
	}
	return "the keys here are " + strings.Join(names(keys), ", ")
}

func names(keys []key) []string {
	list := make([]string, len(keys))
	for i, k := range keys {
		list[i] = k.name
	}
	return list
}
