// zip_oracle answers what Go's archive/zip sees in zips: one line of JSON for each path on the command line.
package main

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
)

type entry struct {
	Name   string `json:"name"`
	Method uint16 `json:"method"`
	Size   uint64 `json:"size"`
	SHA256 string `json:"sha256"`
	Error  string `json:"error,omitempty"`
}

type answer struct {
	Error   string  `json:"error,omitempty"`
	Entries []entry `json:"entries"`
}

func main() {
	encoder := json.NewEncoder(os.Stdout)
	for _, path := range os.Args[1:] {
		encoder.Encode(look(path))
	}
}

func look(path string) answer {
	reader, err := zip.OpenReader(path)
	if err != nil {
		return answer{Error: err.Error()}
	}
	defer reader.Close()
	entries := []entry{}
	for _, file := range reader.File {
		entries = append(entries, lookAtFile(file))
	}
	return answer{Entries: entries}
}

func lookAtFile(file *zip.File) entry {
	seen := entry{Name: file.Name, Method: file.Method, Size: file.UncompressedSize64}
	content, err := file.Open()
	if err != nil {
		seen.Error = err.Error()
		return seen
	}
	defer content.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, content); err != nil {
		seen.Error = err.Error()
		return seen
	}
	seen.SHA256 = hex.EncodeToString(hash.Sum(nil))
	return seen
}
