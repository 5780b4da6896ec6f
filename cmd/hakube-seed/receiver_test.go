// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/hakube/hakube-seed/generator/progress"
)

func TestReceiver(t *testing.T) {
	const event = `{"cluster":"demo","node":"m1","step":"init","state":"failed","attempt":1,"seconds":4,"reason":"no"}`
	for _, c := range []struct {
		name, method, body string
		status, events     int
	}{
		{"one event", http.MethodPost, event, http.StatusNoContent, 1},
		{"two events", http.MethodPost, event + "\n" + event, http.StatusNoContent, 2},
		{"a failure with its log", http.MethodPost, strings.TrimSuffix(event, "}") + `,"log":["a","b"],"next":"again"}`, http.StatusNoContent, 4},
		{"nothing", http.MethodPost, "", http.StatusNoContent, 0},
		{"no JSON", http.MethodPost, "step=init", http.StatusBadRequest, 0},
		{"no event", http.MethodPost, `{"node":"m1","state":"odd"}`, http.StatusBadRequest, 0},
		{"an event and then none", http.MethodPost, event + "x", http.StatusBadRequest, 0},
		{"too much", http.MethodPost, strings.Repeat(" ", mostPosted) + event, http.StatusRequestEntityTooLarge, 0},
		{"not posted", http.MethodGet, "", http.StatusMethodNotAllowed, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			var told []progress.Event
			answer := httptest.NewRecorder()
			receiver(func(e progress.Event) { told = append(told, e) }).ServeHTTP(answer, httptest.NewRequest(c.method, "/any/path", strings.NewReader(c.body)))
			if answer.Code != c.status || len(told) != c.events {
				t.Errorf("%d with %d events: %s", answer.Code, len(told), answer.Body)
			}
		})
	}
}

func TestListen(t *testing.T) {
	events := make(chan progress.Event, 1)
	at, err := listen(t.Context(), "127.0.0.1:0", func(e progress.Event) { events <- e })
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.Post("http://"+at+"/", "", strings.NewReader(`{"node":"m1","state":"complete","seconds":9}`))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if e := <-events; e.Seconds != 9 {
		t.Errorf("%+v", e)
	}
	if _, err := listen(t.Context(), at, nil); err == nil || !strings.HasPrefix(err.Error(), "--listen: "+at+": ") {
		t.Errorf("a second one at the same address: %v", err)
	}
}
