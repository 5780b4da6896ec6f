// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"strings"
	"time"

	"github.com/hakube/hakube-seed/generator/progress"
)

const (
	consolePause = 250 * time.Millisecond // between two looks at a file that grows
	consoleRetry = time.Second            // after a stream has ended or could not be opened
)

// console is the serial console of a machine: a file that grows, a socket, a pipe or a terminal device.
type console struct{ node, path string }

// follow tells every event of the console until ctx ends, and from then on nothing. A path at which there is nothing yet
// is waited for, and a stream that ends is opened again: machines are powered on later, and off and on again.
func (c console) follow(ctx context.Context, tell func(progress.Event)) {
	for ctx.Err() == nil {
		pause := consoleRetry
		switch kind, err := c.kind(); {
		case err != nil:
		case kind.IsRegular():
			c.tail(ctx, tell)
			pause = consolePause
		default:
			if stream, err := c.open(ctx, kind); err == nil {
				read(ctx, stream, tell)
			}
		}
		wait(ctx, pause)
	}
}

// windowsPipe begins the name of a named pipe on Windows. Its end here is a connection, and looking at it would be one, too.
const windowsPipe = `\\.\pipe\`

func (c console) kind() (fs.FileMode, error) {
	if strings.HasPrefix(c.path, windowsPipe) {
		return fs.ModeNamedPipe, nil
	}
	info, err := os.Stat(c.path)
	if err != nil {
		return 0, err
	}
	return info.Mode(), nil
}

func (c console) open(ctx context.Context, kind fs.FileMode) (io.ReadCloser, error) {
	if kind&fs.ModeSocket != 0 {
		var d net.Dialer
		return d.DialContext(ctx, "unix", c.path)
	}
	return os.Open(c.path)
}

// read tells the events of a stream until it ends.
func read(ctx context.Context, stream io.ReadCloser, tell func(progress.Event)) {
	defer stream.Close()
	defer context.AfterFunc(ctx, func() { stream.Close() })()
	var d progress.Decoder
	data := make([]byte, 4096)
	for {
		n, err := stream.Read(data)
		for _, e := range d.Decode(data[:n]) {
			tell(e)
		}
		if err != nil {
			return
		}
	}
}

// tail tells the events of a file from its beginning, and those that come, until another file has its name.
func (c console) tail(ctx context.Context, tell func(progress.Event)) {
	file, err := os.Open(c.path)
	if err != nil {
		return
	}
	defer file.Close()
	var d progress.Decoder
	var at int64
	data := make([]byte, 64<<10)
	for ctx.Err() == nil {
		n, err := file.Read(data)
		at += int64(n)
		for _, e := range d.Decode(data[:n]) {
			tell(e)
		}
		switch {
		case err == nil:
			continue
		case !errors.Is(err, io.EOF) || !c.isStill(file):
			return
		}
		if info, err := file.Stat(); err == nil && info.Size() < at { // emptied, to begin again
			d.Reset()
			if at, err = file.Seek(0, io.SeekStart); err != nil {
				return
			}
			continue
		}
		wait(ctx, consolePause)
	}
}

func (c console) isStill(file *os.File) bool {
	there, err := os.Stat(c.path)
	if err != nil {
		return false
	}
	have, err := file.Stat()
	return err == nil && os.SameFile(there, have)
}

// wait returns after a time, or when ctx ends.
func wait(ctx context.Context, span time.Duration) {
	timer := time.NewTimer(span)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
