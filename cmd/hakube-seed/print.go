// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"golang.org/x/term"

	"github.com/hakube/hakube-seed/generator/inventory"
)

// The terminal rules, kept by this file alone: what a command was asked for goes to standard output; errors, warnings,
// hints, notes and progress go to standard error. A message about a place in a file starts with file:line:col, any other
// with the program's name; it starts in lower case and has no full stop. Colour and progress appear on a terminal only,
// and never when NO_COLOR is set.
type printer struct {
	out, err io.Writer
	colour   bool  // standard error takes colour
	live     bool  // standard error is a terminal, on which a line can be written over
	broken   error // the first error of writing to out
	bar      int   // width of the progress line that is on the screen
}

func newPrinter(out, err io.Writer) *printer {
	live := isTerminal(err)
	return &printer{out: out, err: err, live: live, colour: live && os.Getenv("NO_COLOR") == ""}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(f.Fd()))
}

// Write writes a result; a printer is the writer of the results.
func (p *printer) Write(data []byte) (int, error) {
	n, err := p.out.Write(data)
	if err != nil && p.broken == nil {
		p.broken = failure{fmt.Errorf("writing the result: %w", plainCause(err)), ""}
	}
	return n, p.broken
}

// resultf prints a line of the result.
func (p *printer) resultf(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

// table prints rows of a result in aligned columns.
func (p *printer) table(rows [][]string) {
	w := tabwriter.NewWriter(p, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	w.Flush()
}

// notef prints a line for the reader that is neither result nor problem.
func (p *printer) notef(format string, args ...any) {
	p.clear()
	fmt.Fprintf(p.err, format+"\n", args...)
}

// warningf prints a warning that no place in a file is to blame for.
func (p *printer) warningf(format string, args ...any) {
	p.notef("hakube-seed: %s %s", p.level("warning"), fmt.Sprintf(format, args...))
}

// failed prints why a command did not do what it was asked for.
func (p *printer) failed(err error) {
	if errors.Is(err, errDifferent) || errors.Is(err, errIncomplete) {
		return
	}
	message, hint := explain(err)
	for line := range strings.SplitSeq(message, "\n") {
		p.notef("hakube-seed: %s %s", p.level("error"), line)
	}
	if hint != "" {
		p.notef("hakube-seed: %s %s", p.level("hint"), hint)
	}
}

// diagnostics prints everything there is to say about a file, in the file's order.
func (p *printer) diagnostics(file string, ds inventory.Diagnostics) {
	for _, d := range ds.Sorted() {
		place := file
		if d.Position.Line > 0 {
			place = fmt.Sprintf("%s:%d:%d", file, d.Position.Line, d.Position.Column)
		}
		message := d.Message
		if d.Path != "" {
			message = d.Path + ": " + message
		}
		p.notef("%s: %s %s", place, p.level(d.Severity.String()), message)
		if d.Hint != "" {
			p.notef("%s: %s %s", place, p.level("hint"), d.Hint)
		}
	}
}

// progress shows how many of total are done, on a terminal only.
func (p *printer) progress(done, total int) {
	if !p.live {
		return
	}
	const width = 30
	filled := width * done / total
	p.line(fmt.Sprintf("[%s%s] %d/%d media", strings.Repeat("#", filled), strings.Repeat(" ", width-filled), done, total))
}

// phase says what is being done, on a terminal only.
func (p *printer) phase(what string) {
	if p.live {
		p.line(what)
	}
}

// line writes over the progress line.
func (p *printer) line(text string) {
	fmt.Fprintf(p.err, "\r%s%s", text, strings.Repeat(" ", max(0, p.bar-len(text))))
	p.bar = len(text)
}

// clear takes the progress line off the screen.
func (p *printer) clear() {
	if p.bar > 0 {
		fmt.Fprintf(p.err, "\r%*s\r", p.bar, "")
		p.bar = 0
	}
}

// level returns the word that says how serious a message is, as it is printed.
func (p *printer) level(word string) string {
	colours := map[string]string{"error": "31", "warning": "33", "hint": "36"}
	if !p.colour {
		return word + ":"
	}
	return "\x1b[1;" + colours[word] + "m" + word + ":\x1b[0m"
}

// count returns a number with its noun, as in "1 error" and "2 errors".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
