// SPDX-License-Identifier: Apache-2.0

package progress

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
)

// prefix begins what the step engine writes on a console.
const prefix = "hakube: "

// The lines of the engine, from the prefix on. Behind the last bracket another program may have gone on writing; only
// what follows a colon is the engine's.
var (
	stepLine    = regexp.MustCompile(`^hakube: (` + nameForm + `): (` + nameForm + `): (started|waiting|done|failed) \(attempt ([0-9]{1,9}), ([0-9]{1,9}) s\)(?:: (.*))?`)
	besidesLine = regexp.MustCompile(`^hakube: (` + nameForm + `): (` + nameForm + `): (log|next): (.*)`)
	nodeLine    = regexp.MustCompile(`^hakube: (` + nameForm + `): complete \(([0-9]{1,9}) s\)`)
	noteLine    = regexp.MustCompile(`^hakube: (` + nameForm + `): (medium|clones|virtual-ip|support): (.*)`)
	clusterLine = regexp.MustCompile(`^hakube: cluster (` + nameForm + `): (waiting|complete) \(([0-9]{1,9}) s\)(?:: (.*))?`)
)

// escape is what a terminal would act upon: colours, cursor movements, titles.
var escape = regexp.MustCompile(`\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-Z\\^-~])`)

// ParseLine reads a line of a console, on which the kernel, systemd and the boot loader write as well; it tells whether
// an event is in it. Text may stand before the event: who was cut off by a reboot ended no line.
func ParseLine(line string) (Event, bool) {
	line = plain(escape.ReplaceAllString(line, ""))
	for {
		at := strings.Index(line, prefix)
		if at < 0 {
			return Event{}, false
		}
		line = line[at:]
		if e, ok := parse(line); ok {
			return e, true
		}
		line = line[len(prefix):]
	}
}

// parse reads what begins with the prefix.
func parse(line string) (Event, bool) {
	if m := stepLine.FindStringSubmatch(line); m != nil {
		return Event{Node: m[1], Step: m[2], State: State(m[3]), Attempt: number(m[4]), Seconds: number(m[5]), Reason: m[6]}, true
	}
	if m := besidesLine.FindStringSubmatch(line); m != nil {
		return Event{Node: m[1], Step: m[2], State: State(m[3]), Reason: m[4]}, true
	}
	if m := clusterLine.FindStringSubmatch(line); m != nil {
		return Event{Cluster: m[1], State: State(m[2]), Seconds: number(m[3]), Reason: m[4]}, true
	}
	if m := nodeLine.FindStringSubmatch(line); m != nil {
		return Event{Node: m[1], State: Complete, Seconds: number(m[2])}, true
	}
	if m := noteLine.FindStringSubmatch(line); m != nil {
		return Event{Node: m[1], State: State(m[2]), Reason: m[3]}, true
	}
	return Event{}, false
}

// number reads the few digits that an expression has let through.
func number(digits string) int {
	n, _ := strconv.Atoi(digits) // nine digits at most
	return n
}

// longestLine is more than the engine writes; what is longer is not its.
const longestLine = 16 << 10

// Decoder finds the events in the bytes of one console, in whatever pieces they come. The zero Decoder is ready.
type Decoder struct {
	rest    []byte // the line that has not ended
	tooLong bool   // and of which more has come than is kept
}

// Decode returns the events whose lines end in data.
func (d *Decoder) Decode(data []byte) []Event {
	var events []Event
	for len(data) > 0 {
		// a carriage return alone is how boot loaders and progress bars begin to write over a line
		end := bytes.IndexAny(data, "\r\n")
		if end < 0 {
			d.keep(data)
			break
		}
		d.keep(data[:end])
		if e, ok := ParseLine(string(d.rest)); ok && !d.tooLong {
			events = append(events, e)
		}
		d.Reset()
		data = data[end+1:]
	}
	return events
}

func (d *Decoder) keep(data []byte) {
	if len(d.rest)+len(data) > longestLine {
		d.rest, d.tooLong = d.rest[:0], true
		return
	}
	d.rest = append(d.rest, data...)
}

// Reset forgets the line that has not ended: what comes next is not its end.
func (d *Decoder) Reset() { d.rest, d.tooLong = d.rest[:0], false }
