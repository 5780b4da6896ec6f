// SPDX-License-Identifier: Apache-2.0

package download

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"time"
)

// patient is a transport whose answers end when nothing arrives for a while.
type patient struct {
	http.RoundTripper
	limit time.Duration
}

func (c *Client) patient() http.RoundTripper { return patient{c.Transport, c.Stall} }

// RoundTrip watches the body of the answer.
func (p patient) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(r.Context())
	response, err := p.RoundTripper.RoundTrip(r.WithContext(ctx))
	if err != nil {
		cancel(nil)
		return nil, err
	}
	response.Body = &watched{body: response.Body, cancel: cancel, limit: p.limit}
	return response, nil
}

// watched is a body that ends when nothing arrives for a while.
type watched struct {
	body   io.ReadCloser
	cancel context.CancelCauseFunc
	limit  time.Duration
	timer  *time.Timer
}

var errStalled = errors.New("nothing arrived any more")

func (w *watched) Read(p []byte) (int, error) {
	if w.timer == nil {
		w.timer = time.AfterFunc(w.limit, func() { w.cancel(errStalled) })
	}
	w.timer.Reset(w.limit)
	n, err := w.body.Read(p)
	if errors.Is(err, context.Canceled) {
		err = errStalled
	}
	return n, err
}

func (w *watched) Close() error {
	if w.timer != nil {
		w.timer.Stop()
	}
	w.cancel(nil)
	return w.body.Close()
}

// tracked is a file that is read until somebody ends it.
type tracked struct {
	io.ReadCloser
	ctx   context.Context //nolint:containedctx // a reader has no other way to be told
	count func(int64)
}

func (t tracked) Read(p []byte) (int, error) {
	if err := context.Cause(t.ctx); err != nil {
		return 0, err
	}
	n, err := t.ReadCloser.Read(p)
	t.count(int64(n))
	return n, err
}

// diskError is an error of the disk rather than of the network.
type diskError struct{ error }

func (d diskError) Unwrap() error { return d.error }

// writer marks the errors of writing.
type writer struct{ *os.File }

func (w writer) Write(p []byte) (int, error) {
	n, err := w.File.Write(p)
	if err != nil {
		err = diskError{err}
	}
	return n, err
}

// counting tells of every byte written.
type counting struct {
	writer
	count func(int64)
}

func (c counting) Write(p []byte) (int, error) {
	n, err := c.writer.Write(p)
	c.count(int64(n))
	return n, err
}

// ReadFrom keeps io.Copy from going around Write.
func (c counting) ReadFrom(r io.Reader) (int64, error) {
	return io.Copy(struct{ io.Writer }{c}, r)
}

// plain takes the method and the address off an error of package http; the sentence around it has them.
func plain(err error) error {
	if refused := untrusted(err); refused != nil {
		return permanent{refused}
	}
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("the connection broke: %w", err)
	}
	return err
}
