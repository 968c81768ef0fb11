package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"

	"golang.org/x/mod/sumdb"
	"golang.org/x/mod/sumdb/note"
)

// serve starts an in-memory checksum database of the name q.Text on a free port of loopback. It grows by one record for
// each module that it has not been asked for before; a path with "/missing" in it does not exist.
func serve(q question) (any, error) {
	signerKey, verifierKey, err := note.GenerateKey(rand.Reader, q.Text)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	server := sumdb.NewServer(sumdb.NewTestServer(signerKey, goSum))
	go http.Serve(listener, server)
	return []string{"http://" + listener.Addr().String(), verifierKey}, nil
}

func goSum(path, version string) ([]byte, error) {
	if strings.Contains(path, "/missing") {
		return nil, os.ErrNotExist
	}
	return fmt.Appendf(nil, "%s %s %s\n%s %s/go.mod %s\n",
		path, version, h1("zip "+path+" "+version), path, version, h1("mod "+path+" "+version)), nil
}

func h1(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "h1:" + base64.StdEncoding.EncodeToString(sum[:])
}
