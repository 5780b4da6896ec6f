// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/hakube/hakube-seed/generator/progress"
)

const (
	mostPosted   = 64 << 10 // bytes of one request
	postingLimit = 10 * time.Second
)

// listen answers at an address and tells every event that machines post there, until ctx ends. It returns the address,
// whose port is a free one where 0 was asked for.
func listen(ctx context.Context, address string, tell func(progress.Event)) (string, error) {
	var l net.ListenConfig
	listener, err := l.Listen(ctx, "tcp", address)
	if err != nil {
		return "", failure{fmt.Errorf("--listen: %s: %w", address, listenCause(err)), "name an address and a port of this machine: 0.0.0.0:8089"}
	}
	server := &http.Server{
		Handler:           receiver(tell),
		ReadHeaderTimeout: postingLimit,
		ReadTimeout:       postingLimit,
		WriteTimeout:      postingLimit,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    mostPosted,
	}
	context.AfterFunc(ctx, func() { server.Close() })
	go server.Serve(listener) //nolint:errcheck // it ends when ctx does, and nobody waits for it
	return listener.Addr().String(), nil
}

func listenCause(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}

// receiver takes events by POST, one JSON object or several one after the other, on every path.
func receiver(tell func(progress.Event)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			http.Error(w, "post events here", http.StatusMethodNotAllowed)
			return
		}
		events, err := posted(http.MaxBytesReader(w, r.Body, mostPosted))
		var tooLarge *http.MaxBytesError
		switch {
		case errors.As(err, &tooLarge):
			http.Error(w, fmt.Sprintf("more than %d bytes", mostPosted), http.StatusRequestEntityTooLarge)
			return
		case err != nil:
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		for _, e := range events {
			tell(e)
		}
		w.WriteHeader(http.StatusNoContent)
	})
}

func posted(body io.Reader) ([]progress.Event, error) {
	var events []progress.Event
	in := json.NewDecoder(body)
	for {
		var object json.RawMessage
		err := in.Decode(&object)
		var tooLarge *http.MaxBytesError
		switch {
		case errors.Is(err, io.EOF):
			return events, nil
		case errors.As(err, &tooLarge):
			return nil, err
		case err != nil:
			return nil, errors.New("this is no JSON")
		}
		told, err := progress.ParseJSON(object)
		if err != nil {
			return nil, err
		}
		events = append(events, told...)
	}
}
