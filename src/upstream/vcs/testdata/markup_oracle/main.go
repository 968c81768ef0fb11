// Reads pages as base64, one a line, and writes for each one line of JSON: the tags that encoding/xml finds when it is not
// strict, and whether it stopped at a mistake.
package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"strings"
)

type tag struct {
	Kind       string      `json:"kind"`
	Name       string      `json:"name"`
	Attributes [][2]string `json:"attributes,omitempty"`
}

type reading struct {
	Tags   []tag `json:"tags"`
	Broken bool  `json:"broken"`
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	encoder := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		page, err := base64.StdEncoding.DecodeString(lines.Text())
		if err != nil {
			panic(err)
		}
		if err := encoder.Encode(read(page)); err != nil {
			panic(err)
		}
	}
}

func read(page []byte) reading {
	decoder := xml.NewDecoder(bytes.NewReader(page))
	decoder.Strict = false
	decoder.CharsetReader = func(charset string, input io.Reader) (io.Reader, error) {
		if name := strings.ToLower(charset); name == "utf-8" || name == "ascii" {
			return input, nil
		}
		return nil, fmt.Errorf("charset %q", charset)
	}
	result := reading{Tags: []tag{}}
	for {
		token, err := decoder.RawToken()
		if err != nil {
			result.Broken = err != io.EOF
			return result
		}
		switch element := token.(type) {
		case xml.StartElement:
			found := tag{Kind: "start", Name: element.Name.Local}
			for _, attribute := range element.Attr {
				found.Attributes = append(found.Attributes, [2]string{attribute.Name.Local, attribute.Value})
			}
			result.Tags = append(result.Tags, found)
		case xml.EndElement:
			result.Tags = append(result.Tags, tag{Kind: "end", Name: element.Name.Local})
		}
	}
}
