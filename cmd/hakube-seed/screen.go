// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// Colours, as terminals want them.
const (
	bold   = "1"
	faint  = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
)

// span is a text in one colour, or in none.
type span struct{ text, colour string }

// columnsOf returns how many columns a text takes at most. What may be wide is taken for wide: a line that is too short
// does no harm, one that is too long breaks the picture.
func columnsOf(text string) int {
	n := 0
	for _, r := range text {
		n += columnsOfRune(r)
	}
	return n
}

func columnsOfRune(r rune) int {
	const firstWide = 0x1100 // Hangul; nothing before it is wide (Unicode, EastAsianWidth)
	if r < firstWide {
		return 1
	}
	return 2
}

// fit cuts a line to a width; an ellipsis shows that something is missing.
func fit(line []span, width int) []span {
	const ellipsis = "..."
	room := width
	for i, s := range line {
		if n := columnsOf(s.text); n <= room {
			room -= n
			continue
		}
		rest := line[i:]
		if blank(rest) {
			return line[:i]
		}
		if room <= len(ellipsis) {
			return append(line[:i:i], span{ellipsis[:max(0, room)], s.colour})
		}
		return append(line[:i:i], span{cut(s.text, room-len(ellipsis)) + ellipsis, s.colour})
	}
	return line
}

func blank(line []span) bool {
	for _, s := range line {
		if strings.TrimSpace(s.text) != "" {
			return false
		}
	}
	return true
}

// cut returns as much of the text as takes width columns.
func cut(text string, width int) string {
	for i, r := range text {
		if width -= columnsOfRune(r); width < 0 {
			return text[:i]
		}
	}
	return text
}

// wrap breaks a text between words into lines of a width; a word that is longer is broken itself.
func wrap(text string, width int) []string {
	width = max(10, width)
	var lines []string
	for columnsOf(text) > width {
		part := cut(text, width)
		if at := strings.LastIndexByte(part, ' '); at > 0 && text[len(part)] != ' ' {
			part = part[:at]
		}
		lines = append(lines, strings.TrimRight(part, " "))
		text = strings.TrimLeft(text[len(part):], " ")
	}
	return append(lines, text)
}

// screen draws frames, each over the last one.
type screen struct {
	out    io.Writer
	size   func() (width, height int)
	colour bool
	drawn  []int // columns of each line that is on the screen
}

// newScreen returns the screen that w is.
func newScreen(w io.Writer) *screen {
	prepareTerminal(w)
	return &screen{out: w, colour: os.Getenv("NO_COLOR") == "", size: func() (int, int) { return sizeOf(w) }}
}

func sizeOf(w io.Writer) (width, height int) {
	if f, ok := w.(interface{ Fd() uintptr }); ok {
		if width, height, err := term.GetSize(int(f.Fd())); err == nil && width > 0 && height > 0 {
			return width, height
		}
	}
	return 80, 24
}

// draw shows what frame returns for the size that the screen has now.
func (s *screen) draw(frame func(width, height int) [][]span) {
	width, height := s.size()
	// Not the last column, behind which terminals break lines, nor the last line, on which the cursor stays.
	lines := frame(max(1, width-1), max(1, height-1))
	var text strings.Builder
	up := 0
	for _, columns := range s.drawn {
		up += 1 + max(0, columns-1)/max(1, width) // a window made narrower has broken them
	}
	if up > 0 {
		fmt.Fprintf(&text, "\x1b[%dA\r", up)
	}
	s.drawn = s.drawn[:0]
	for _, line := range lines {
		columns := 0
		for _, part := range line {
			columns += columnsOf(part.text)
			text.WriteString(s.paint(part))
		}
		text.WriteString("\x1b[K\r\n")
		s.drawn = append(s.drawn, columns)
	}
	text.WriteString("\x1b[J")
	io.WriteString(s.out, text.String()) //nolint:errcheck // a terminal that has gone is noticed by the end of the command
}

func (s *screen) paint(part span) string {
	if part.colour == "" || part.text == "" || !s.colour {
		return part.text
	}
	return "\x1b[" + part.colour + "m" + part.text + "\x1b[0m"
}
