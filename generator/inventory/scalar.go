// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// scalar fills text, a whole number or a truth value. Messages hold the value only where text is not expected: text may
// be a secret.
func (d *decoder) scalar(n *yaml.Node, at place, out reflect.Value) {
	wanted := map[reflect.Kind]string{
		reflect.String: "text", reflect.Int: "a whole number", reflect.Bool: "true or false",
	}[out.Kind()]
	if n.Kind != yaml.ScalarNode {
		d.report(at, fmt.Sprintf("%s stands where %s is expected", describe(n.Kind), wanted), "")
		return
	}
	if !plain(n) {
		d.report(at, fmt.Sprintf("the tag %s has no meaning here", n.Tag), "remove the tag")
		return
	}
	switch out.Kind() {
	case reflect.String:
		if strings.ContainsRune(n.Value, 0) {
			d.report(at, "holds a NUL character, which no text on a node may", "")
			return
		}
		out.SetString(n.Value)
	case reflect.Int:
		// Anything but plain decimals would be read differently by other YAML readers: 010 is 8 to some.
		v, err := strconv.Atoi(n.Value)
		if n.ShortTag() != "!!int" || err != nil || strconv.Itoa(v) != n.Value {
			d.report(at, fmt.Sprintf("%q stands where %s is expected", n.Value, wanted), unquote(n, "!!int"))
			return
		}
		out.SetInt(int64(v))
	case reflect.Bool:
		if n.ShortTag() != "!!bool" {
			d.report(at, fmt.Sprintf("%q stands where %s is expected", n.Value, wanted), unquote(n, "!!bool"))
			return
		}
		out.SetBool(strings.EqualFold(n.Value, "true"))
	}
}

// plain reports whether n has no tag but those that YAML gives by itself.
func plain(n *yaml.Node) bool {
	switch n.ShortTag() {
	case "!!str", "!!int", "!!float", "!!bool", "!!null", "!!timestamp", "!!merge":
		return true
	}
	return false
}

// unquote is the hint for a value that would be right without its quotes, or in another spelling.
func unquote(n *yaml.Node, tag string) string {
	bare := yaml.Node{Kind: yaml.ScalarNode, Value: n.Value}
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 && bare.ShortTag() == tag {
		return "remove the quotes"
	}
	if truth, known := oldTruth[strings.ToLower(n.Value)]; known && tag == "!!bool" {
		return "write " + truth
	}
	return ""
}

// oldTruth holds the words that YAML 1.1 readers, among them Kubernetes's, take for truth values and others for text.
var oldTruth = map[string]string{
	"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false",
}
