// SPDX-License-Identifier: Apache-2.0

package seeds

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"

	"gopkg.in/yaml.v3"
)

// GuestFile is a file that cloud-init writes on the node (write_files).
type GuestFile struct {
	Path    string
	Mode    uint32 // permission bits; the owner is always root:root
	Content []byte
	Secret  string // what secret it holds, in words; empty for none
}

// maxUnpacked bounds what reading back the guest files of one medium may unpack to together, in bytes.
const maxUnpacked = 64 << 20

// writeFile is an entry of cloud-config's write_files.
type writeFile struct {
	Path        string `yaml:"path"`
	Permissions string `yaml:"permissions"`
	Encoding    string `yaml:"encoding"`
	Content     string `yaml:"content"`
}

// EncodedFiles is the text of write_files entries, made by EncodeFiles and joined by CloudConfig.UserData.
type EncodedFiles []byte

// EncodeFiles encodes guest files as write_files entries. Content is always base64, compressed where that is shorter:
// nothing in a file can then be taken for YAML or for a template, and a schema error never quotes it into a log.
func EncodeFiles(files []GuestFile) (EncodedFiles, error) {
	if len(files) == 0 {
		return nil, nil
	}
	entries := make([]writeFile, len(files))
	for i, f := range files {
		encoding, content := encodeContent(f.Content)
		entries[i] = writeFile{f.Path, fmt.Sprintf("%04o", f.Mode), encoding, content}
	}
	text, err := encodeYAML(entries)
	if err != nil {
		return nil, err
	}
	var back []writeFile
	if err := yaml.Unmarshal(text, &back); err != nil {
		return nil, fmt.Errorf("reading back write_files: %w", err)
	}
	for i := range back {
		if back[i] != entries[i] {
			return nil, fmt.Errorf("reading back write_files: %s changed", entries[i].Path)
		}
	}
	return text, nil
}

// packers are gzip writers to use again: making one costs more than packing a guest file with it.
var packers = sync.Pool{New: func() any {
	z, _ := gzip.NewWriterLevel(io.Discard, gzip.BestCompression) // only an unknown level is an error
	return z
}}

// smallestPacked is the length in bytes from which packing a text is worth its time.
const smallestPacked = 1024

func encodeContent(content []byte) (encoding, text string) {
	if len(content) < smallestPacked {
		return "b64", base64.StdEncoding.EncodeToString(content)
	}
	var packed bytes.Buffer
	z := packers.Get().(*gzip.Writer)
	defer packers.Put(z)
	z.Reset(&packed)
	_, _ = z.Write(content) // into memory, which takes all
	z.Close()               // the header carries no time and no name: the same content gives the same bytes
	if packed.Len() < len(content) {
		return "gz+b64", base64.StdEncoding.EncodeToString(packed.Bytes())
	}
	return "b64", base64.StdEncoding.EncodeToString(content)
}

// NodeFile is the guest file that says what the medium is, NodeRecord in JSON.
const NodeFile = "/etc/hakube/node.json"

// NodeRecord is the content of NodeFile. Secrets maps the path of every guest file that holds a secret to what it is.
type NodeRecord struct {
	Cluster           string            `json:"cluster"`
	Node              string            `json:"node"`
	Role              string            `json:"role"`
	Address           string            `json:"address"`
	InstanceID        string            `json:"instanceID"`
	KubernetesVersion string            `json:"kubernetesVersion"`
	Endpoint          string            `json:"endpoint"`
	Steps             []string          `json:"steps"`
	Secrets           map[string]string `json:"secrets,omitempty"`
}

// Contents is what a user-data of this program says when it is read back.
type Contents struct {
	Record       NodeRecord // zero when the user-data has no NodeFile
	Files        []GuestFile
	PasswordHash bool // the login user's password hash is in it
}

// SecretNames returns which secrets the contents hold, in words, sorted and each once; never nil.
func (c Contents) SecretNames() []string {
	names := []string{}
	for _, f := range c.Files {
		if f.Secret != "" {
			names = append(names, strings.Split(f.Secret, ", ")...)
		}
	}
	if c.PasswordHash {
		names = append(names, "the login user's password hash")
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// ReadUserData decodes a cloud-config: its guest files in order, and the node record when there is one. Errors name
// the guest file and never quote content.
func ReadUserData(userData []byte) (Contents, error) {
	var config struct {
		Users []struct {
			Passwd string `yaml:"passwd"`
		} `yaml:"users"`
		WriteFiles []writeFile `yaml:"write_files"`
	}
	if !bytes.HasPrefix(userData, []byte(header)) {
		return Contents{}, fmt.Errorf("user-data does not begin with %q", "#cloud-config")
	}
	if err := yaml.Unmarshal(userData, &config); err != nil {
		return Contents{}, fmt.Errorf("user-data is not a cloud-config that this program writes")
	}
	var contents Contents
	for _, u := range config.Users {
		contents.PasswordHash = contents.PasswordHash || u.Passwd != ""
	}
	room := maxUnpacked
	for _, w := range config.WriteFiles {
		f, err := w.decode(room)
		if err != nil {
			return Contents{}, fmt.Errorf("guest file %q: %w", w.Path, err)
		}
		room -= len(f.Content)
		contents.Files = append(contents.Files, f)
		if f.Path == NodeFile {
			if err := json.Unmarshal(f.Content, &contents.Record); err != nil {
				return Contents{}, fmt.Errorf("guest file %q: not the JSON that this program writes", w.Path)
			}
		}
	}
	for i := range contents.Files {
		contents.Files[i].Secret = contents.Record.Secrets[contents.Files[i].Path]
	}
	return contents, nil
}

// decode returns the guest file; its content may take so many bytes.
func (w writeFile) decode(room int) (GuestFile, error) {
	mode, err := strconv.ParseUint(w.Permissions, 8, 32)
	if err != nil {
		return GuestFile{}, fmt.Errorf("permissions %q are not octal", w.Permissions)
	}
	f := GuestFile{Path: w.Path, Mode: uint32(mode)}
	switch w.Encoding {
	case "b64", "gz+b64":
	case "":
		f.Content = []byte(w.Content)
		return f, nil
	default:
		return GuestFile{}, fmt.Errorf("encoding %q is none of b64, gz+b64", w.Encoding)
	}
	f.Content, err = base64.StdEncoding.DecodeString(w.Content)
	if err != nil {
		return GuestFile{}, fmt.Errorf("content is not base64")
	}
	if w.Encoding == "gz+b64" {
		f.Content, err = unpack(f.Content, room)
	}
	return f, err
}

func unpack(packed []byte, room int) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("content is not gzip")
	}
	content, err := io.ReadAll(io.LimitReader(z, int64(room)+1))
	if err != nil {
		return nil, fmt.Errorf("content is damaged gzip")
	}
	if len(content) > room {
		return nil, fmt.Errorf("content unpacks to more than %d MiB", maxUnpacked>>20)
	}
	return content, nil
}
