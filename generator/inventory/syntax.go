// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// document returns the top node of the one YAML document in data.
func document(data []byte) (*yaml.Node, Diagnostics) {
	if d, ok := unreadable(data); ok {
		return nil, Diagnostics{d}
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	first, err := next(decoder)
	if err == nil && first.Content[0].Kind == yaml.ScalarNode && isNull(first.Content[0]) || errors.Is(err, io.EOF) {
		return nil, Diagnostics{{
			Severity: Error, Position: Position{1, 1},
			Message: "this file holds no inventory", Hint: "hakube-seed init writes one to start from",
		}}
	}
	if err != nil {
		return nil, Diagnostics{notYAML(data, err)}
	}
	second, err := next(decoder)
	switch {
	case err == nil:
		return nil, Diagnostics{{
			Severity: Error, Position: position(second),
			Message: "a second document starts here; an inventory is one document", Hint: "one file for each cluster",
		}}
	case !errors.Is(err, io.EOF):
		return nil, Diagnostics{notYAML(data, err)}
	}
	return first.Content[0], nil
}

// next reads one document. yaml.v3 is frozen, and its parser still has panics ("please report") that malformed texts
// were seen to reach (mikefarah/yq issue 2481): those texts are not YAML either.
func next(decoder *yaml.Decoder) (n *yaml.Node, err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("yaml: its structure cannot be made out")
		}
	}()
	n = new(yaml.Node)
	return n, decoder.Decode(n)
}

// unreadable finds the first character that may not stand in a YAML file; yaml.v3 reports those without their line.
func unreadable(data []byte) (Diagnostic, bool) {
	at := Position{1, 1}
	wrong := func(hint, format string, args ...any) (Diagnostic, bool) {
		return Diagnostic{Severity: Error, Position: at, Message: fmt.Sprintf(format, args...), Hint: hint}, true
	}
	if bytes.HasPrefix(data, []byte{0xff, 0xfe}) || bytes.HasPrefix(data, []byte{0xfe, 0xff}) {
		return wrong("save the file as UTF-8", "this file is UTF-16 text")
	}
	for rest := data; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		switch {
		case r == utf8.RuneError && size == 1:
			return wrong("save the file as UTF-8", "the byte 0x%02x is not UTF-8 text", rest[0])
		case r < ' ' && r != '\t' && r != '\n' && r != '\r', r >= 0x7f && r < 0xa0 && r != 0x85, r == 0xfffe, r == 0xffff:
			return wrong(`write it as an escape in double quotes, as in "\x1b"`, "the control character %U cannot stand in YAML", r)
		case r == '\n':
			at = Position{at.Line + 1, 1}
		case r != '\ufeff':
			at.Column++
		}
		rest = rest[size:]
	}
	return Diagnostic{}, false
}

// message takes yaml.v3's errors apart.
var message = regexp.MustCompile(`(?s)^yaml: (?:line (\d+): )?(.*)$`)

// remedies are hints for yaml.v3's messages, by a part of the message.
var remedies = []struct{ part, hint string }{
	{"mapping values are not allowed", `quote a value that holds ": ", and compare the indentation of this line with those around it`},
	{"did not find expected key", "compare the indentation of this line with those around it"},
	{"did not find expected '-'", "compare the indentation of this line with those around it"},
	{"could not find expected ':'", "every line is KEY: VALUE, and list items start with a dash"},
	{"cannot start any token", "put a value that starts with %, @ or ` in quotes"},
	{"unknown escape character", "double the backslash, or use single quotes"},
	{"unexpected end of stream", "close the quotes"},
	{"did not find expected ','", "close the bracket or brace"},
}

// notYAML says where and why yaml.v3 gave up.
func notYAML(data []byte, err error) Diagnostic {
	d := Diagnostic{Severity: Error, Position: Position{1, 1}, Message: "this is not YAML"}
	lines := strings.Split(string(data), "\n")
	if parts := message.FindStringSubmatch(err.Error()); parts != nil {
		d.Message += ": " + parts[2]
		if n, err := strconv.Atoi(parts[1]); err == nil {
			if strings.HasPrefix(parts[2], "did not find expected") {
				n++ // yaml.v3 counts the lines of these from 0
			}
			d.Position.Line = min(n, len(lines))
		}
	}
	if name, ok := strings.CutPrefix(strings.TrimSuffix(d.Message, "' referenced"), "this is not YAML: unknown anchor '"); ok {
		return Diagnostic{
			Severity: Error, Position: positionOf(lines, "*"+name), Message: "no anchor is named &" + name,
			Hint: "an anchor stands before its aliases; quote text that begins with *",
		}
	}
	for _, r := range remedies {
		if strings.Contains(d.Message, r.part) {
			d.Hint = r.hint
			break
		}
	}
	// A tab is what people see least, and yaml.v3 names a line beside it.
	for n := max(d.Position.Line-1, 1); n <= min(d.Position.Line+1, len(lines)); n++ {
		if column := strings.IndexByte(indentation(lines[n-1]), '\t'); column >= 0 {
			return Diagnostic{
				Severity: Error, Position: Position{n, column + 1},
				Message: "this is not YAML: a tab stands in the indentation", Hint: "indent with spaces",
			}
		}
	}
	d.Position.Column = len(indentation(lines[d.Position.Line-1])) + 1
	return d
}

// positionOf finds the first line that holds the text.
func positionOf(lines []string, text string) Position {
	for i, line := range lines {
		if before, _, found := strings.Cut(line, text); found {
			return Position{i + 1, utf8.RuneCountInString(before) + 1}
		}
	}
	return Position{1, 1}
}

func indentation(line string) string {
	return line[:len(line)-len(strings.TrimLeft(line, " \t"))]
}
