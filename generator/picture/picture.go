// SPDX-License-Identifier: Apache-2.0

// Package picture draws a cluster as SVG, for a runbook: its machines and addresses, who talks to whom on which port, and
// the order of the bootstrap.
//
// In go a Cluster; out comes one picture, the same bytes for the same cluster, which needs no other file and says
// everything by text and lines, not by colour alone. What it shows of ports is the table from which firewalls are made,
// and its steps are those of the media. The package is pure.
package picture

import (
	"bytes"
	_ "embed"
	"encoding/xml"
	"strings"
	"text/template"

	"github.com/hakube/hakube-seed/generator/cluster"
)

//go:embed picture.svg.tmpl
var source string

var page = template.Must(template.New("picture").Funcs(template.FuncMap{"xml": escaped}).Parse(source))

func escaped(text string) (string, error) {
	var b bytes.Buffer
	err := xml.EscapeText(&b, []byte(text))
	return b.String(), err
}

// Draw returns the picture of a cluster.
func Draw(c *cluster.Cluster) ([]byte, error) {
	var b bytes.Buffer
	err := page.Execute(&b, layout(c))
	return b.Bytes(), err
}

// The measures of the picture, in pixels.
const (
	margin    = 32
	textSize  = 13
	lineStep  = 18
	boxHeight = 46
	gap       = 12
	padding   = 14
	arrowRoom = 54 // between two layers, for an arrow and its label
	gutter    = 150
	leastWide = 1120
)

// view is the picture as the template spells it; coordinates are final.
type view struct {
	Width, Height int
	Title, Facts  string
	Panels        []panel
	Boxes         []box
	Arrows        []arrow
	Texts         []label
	Chips         []chip
	Lines         []line
}

type panel struct {
	X, Y, W, H int
	Name       string
	Dashed     bool
}

type box struct {
	X, Y, W, H  int
	Name, Below string
	Full        string // shown when the pointer rests on it
}

type arrow struct {
	Path string // SVG path data
	X, Y int    // of the label
	Text string
}

type label struct {
	X, Y  int
	Text  string
	Class string
}

type chip struct {
	X, Y, W int
	Text    string
	Class   string
	Full    string
}

// line is a moment of the bootstrap that several machines wait for.
type line struct{ X, From, To int }

// wide returns the width of a text: an upper bound for the sans-serif fonts that people have.
func wide(text string) int {
	width := 0
	for _, r := range text {
		switch {
		case r >= 0x1100:
			width += textSize
		case r == 'm' || r == 'w' || r >= 'A' && r <= 'Z':
			width += textSize * 5 / 6
		default:
			width += textSize * 3 / 5
		}
	}
	return width
}

// wrapped breaks a text between words into lines of a width.
func wrapped(text string, width int) []string {
	var lines []string
	for _, word := range strings.Fields(text) {
		if last := len(lines) - 1; last >= 0 && wide(lines[last]+" "+word) <= width {
			lines[last] += " " + word
			continue
		}
		lines = append(lines, shortened(word, width))
	}
	return lines
}

// shortened cuts a text to a width.
func shortened(text string, width int) string {
	if wide(text) <= width {
		return text
	}
	runes := []rune(text)
	for len(runes) > 1 && wide(string(runes))+textSize > width {
		runes = runes[:len(runes)-1]
	}
	return string(runes) + "…"
}

// Where the texts of a panel, a box and a chip stand.

// PadX is where the name of the panel begins.
func (p panel) PadX() int { return p.X + padding }

// PadY is the base line of the panel's name.
func (p panel) PadY() int { return p.Y + padding + textSize - 3 }

// Middle is the middle of the box.
func (b box) Middle() int { return b.X + b.W/2 }

// NameY is the base line of the name.
func (b box) NameY() int {
	if b.Below == "" {
		return b.Y + boxHeight/2 + 4
	}
	return b.Y + 20
}

// BelowY is the base line of what stands below the name.
func (b box) BelowY() int { return b.Y + 37 }

// Middle is the middle of the chip.
func (c chip) Middle() int { return c.X + c.W/2 }

// TextY is the base line of the chip's text.
func (c chip) TextY() int { return c.Y + 17 }
