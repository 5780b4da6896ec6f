// SPDX-License-Identifier: Apache-2.0

package seeds

import (
	"bytes"
	"fmt"
	"sync"
)

// layouts keeps images of stand-ins as go-diskfs lays them out. A layout depends on names and on how many sectors each
// file takes, and the media of a cluster have few such shapes. It holds no content: a layout is kept before it gets any.
type layouts struct {
	mu      sync.Mutex
	byShape map[string][]byte
}

// A cluster whose nodes have large files of their own must not have all its media in memory.
const (
	maxLayouts = 16
	maxLayout  = 256 << 10 // bytes
)

// shapeOf names the shape of an image: which file takes how many sectors.
func shapeOf(files []File) string {
	var shape bytes.Buffer
	for _, f := range files {
		fmt.Fprintf(&shape, "%s=%d ", f.Name, standIn(f))
	}
	return shape.String()
}

// load fills m with the layout of this shape and reports whether there is one.
func (l *layouts) load(m *memory, shape string) bool {
	l.mu.Lock()
	layout, ok := l.byShape[shape]
	l.mu.Unlock()
	if ok {
		m.reset()
		m.grow(len(layout))
		copy(m.data, layout)
	}
	return ok
}

// store keeps the layout in m.
func (l *layouts) store(m *memory, shape string) {
	if len(m.data) > maxLayout {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.byShape == nil || len(l.byShape) == maxLayouts {
		l.byShape = map[string][]byte{}
	}
	l.byShape[shape] = bytes.Clone(m.data)
}
