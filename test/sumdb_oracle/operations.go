package main

import (
	"fmt"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

var operations = map[string]func(question) (any, error){
	"storedHashIndex": func(q question) (any, error) {
		return tlog.StoredHashIndex(q.Level, q.N), nil
	},
	"splitStoredHashIndex": func(q question) (any, error) {
		level, n := tlog.SplitStoredHashIndex(q.N)
		return []int64{int64(level), n}, nil
	},
	"storedHashCount": func(q question) (any, error) {
		return tlog.StoredHashCount(q.Size), nil
	},
	"treeHash": func(q question) (any, error) {
		return tlog.TreeHash(q.Size, leaves)
	},
	"proveRecord": func(q question) (any, error) {
		return tlog.ProveRecord(q.Size, q.N, leaves)
	},
	"proveTree": func(q question) (any, error) {
		return tlog.ProveTree(q.Size, q.Older, leaves)
	},
	"tilePath": func(q question) (any, error) {
		return tile(q).Path(), nil
	},
	"parseTilePath": func(q question) (any, error) {
		t, err := tlog.ParseTilePath(q.Text)
		return coordinates(t), err
	},
	"tileForIndex": func(q question) (any, error) {
		return coordinates(tlog.TileForIndex(q.Height, q.N)), nil
	},
	"newTiles": func(q question) (any, error) {
		list := [][]int64{}
		for _, t := range tlog.NewTiles(q.Height, q.Older, q.Size) {
			list = append(list, coordinates(t))
		}
		return list, nil
	},
	"tileData": func(q question) (any, error) {
		return tlog.ReadTileData(tile(q), leaves)
	},
	"parseTree": func(q question) (any, error) {
		t, err := tlog.ParseTree(q.Bytes)
		return []any{t.N, t.Hash}, err
	},
	"parseRecord": func(q question) (any, error) {
		id, text, rest, err := tlog.ParseRecord(q.Bytes)
		return []any{id, text, rest}, err
	},
	"formatRecord": func(q question) (any, error) {
		return tlog.FormatRecord(q.N, q.Bytes)
	},
	"parseVerifierKey": func(q question) (any, error) {
		v, err := note.NewVerifier(q.Text)
		if err != nil {
			return nil, err
		}
		return []any{v.Name(), v.KeyHash()}, nil
	},
	"parseSignerKey": func(q question) (any, error) {
		s, err := note.NewSigner(q.Text)
		if err != nil {
			return nil, err
		}
		return []any{s.Name(), s.KeyHash()}, nil
	},
	"openNote": openNote,
	"signNote": signNote,
	"serve":    serve,
}

// openNote opens q.Bytes with the verifier keys q.Keys.
func openNote(q question) (any, error) {
	var list []note.Verifier
	for _, key := range q.Keys {
		v, err := note.NewVerifier(key)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	n, err := note.Open(q.Bytes, note.VerifierList(list...))
	if err != nil {
		return nil, err
	}
	return []any{n.Text, signatures(n.Sigs), signatures(n.UnverifiedSigs)}, nil
}

// signNote signs q.Text with the signer keys q.Keys.
func signNote(q question) (any, error) {
	var list []note.Signer
	for _, key := range q.Keys {
		s, err := note.NewSigner(key)
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return note.Sign(&note.Note{Text: q.Text}, list...)
}

func signatures(sigs []note.Signature) [][]any {
	list := [][]any{}
	for _, s := range sigs {
		list = append(list, []any{s.Name, s.Hash, s.Base64})
	}
	return list
}

func tile(q question) tlog.Tile {
	return tlog.Tile{H: int(q.Tile[0]), L: int(q.Tile[1]), N: q.Tile[2], W: int(q.Tile[3])}
}

func coordinates(t tlog.Tile) []int64 {
	return []int64{int64(t.H), int64(t.L), t.N, int64(t.W)}
}

// leaves reads the hashes of an endless log whose record n is "leaf n".
var leaves = tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
	list := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		for int64(len(leafHashes)) <= index {
			if err := appendLeaf(); err != nil {
				return nil, err
			}
		}
		list[i] = leafHashes[index]
	}
	return list, nil
})

var (
	leafHashes []tlog.Hash
	leafCount  int64
)

// appendLeaf reads only what is in leafHashes already, so that it does not come back to itself.
func appendLeaf() error {
	stored := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		list := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			list[i] = leafHashes[index]
		}
		return list, nil
	})
	hashes, err := tlog.StoredHashes(leafCount, fmt.Appendf(nil, "leaf %d", leafCount), stored)
	if err != nil {
		return err
	}
	leafHashes = append(leafHashes, hashes...)
	leafCount++
	return nil
}
