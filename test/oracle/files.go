package main

import (
	"archive/zip"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/dirhash"
	modzip "golang.org/x/mod/zip"
)

func init() {
	register("parseGoMod", func(text string) (any, error) {
		return describeGoMod(modfile.Parse("go.mod", []byte(text), nil))
	})
	register("parseGoModLax", func(text string) (any, error) {
		return describeGoMod(modfile.ParseLax("go.mod", []byte(text), nil))
	})
	register("parseGoWork", func(text string) (any, error) {
		return describeGoWork(modfile.ParseWork("go.work", []byte(text), nil))
	})
	register("modulePath", func(text string) (any, error) { return modfile.ModulePath([]byte(text)), nil })
	register("hash1", func(contents map[string]string) (any, error) {
		var names []string
		for name := range contents {
			names = append(names, name)
		}
		return dirhash.Hash1(names, func(name string) (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(contents[name])), nil
		})
	})
	register("revisionInfo", func(text string) (any, error) {
		var info revInfo
		if err := json.Unmarshal([]byte(text), &info); err != nil {
			return nil, err
		}
		data, err := json.Marshal(info)
		return string(data), err
	})
	register("checkZip", checkZip)
}

// describe makes plain maps of what was parsed, in the form of gomodfs.
type object = map[string]any

func describeGoMod(f *modfile.File, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	out := object{
		"godebug": describeGodebug(f.Godebug), "require": []any{}, "exclude": []any{},
		"replace": describeReplace(f.Replace), "retract": []any{}, "tool": []any{}, "ignore": []any{},
	}
	add := func(key string, value any) { out[key] = append(out[key].([]any), value) }
	if f.Module != nil {
		out["module"] = f.Module.Mod.Path
		if f.Module.Deprecated != "" {
			out["deprecated"] = f.Module.Deprecated
		}
	}
	if f.Go != nil {
		out["go"] = f.Go.Version
	}
	if f.Toolchain != nil {
		out["toolchain"] = f.Toolchain.Name
	}
	for _, r := range f.Require {
		add("require", object{"path": r.Mod.Path, "version": r.Mod.Version, "indirect": r.Indirect})
	}
	for _, e := range f.Exclude {
		add("exclude", object{"path": e.Mod.Path, "version": e.Mod.Version})
	}
	for _, r := range f.Retract {
		add("retract", object{"low": r.Low, "high": r.High, "rationale": r.Rationale})
	}
	for _, t := range f.Tool {
		add("tool", t.Path)
	}
	for _, i := range f.Ignore {
		add("ignore", i.Path)
	}
	return out, nil
}

func describeGoWork(f *modfile.WorkFile, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	use := []any{}
	for _, u := range f.Use {
		use = append(use, u.Path)
	}
	out := object{
		"godebug": describeGodebug(f.Godebug), "use": use, "replace": describeReplace(f.Replace),
	}
	if f.Go != nil {
		out["go"] = f.Go.Version
	}
	if f.Toolchain != nil {
		out["toolchain"] = f.Toolchain.Name
	}
	return out, nil
}

func describeGodebug(list []*modfile.Godebug) []any {
	out := []any{}
	for _, g := range list {
		out = append(out, object{"key": g.Key, "value": g.Value})
	}
	return out
}

func describeReplace(list []*modfile.Replace) []any {
	out := []any{}
	for _, r := range list {
		by := object{"kind": "directory", "directory": r.New.Path}
		if r.New.Version != "" {
			by = object{"kind": "module", "path": r.New.Path, "version": r.New.Version}
		}
		replacement := object{"path": r.Old.Path, "by": by}
		if r.Old.Version != "" {
			replacement["version"] = r.Old.Version
		}
		out = append(out, replacement)
	}
	return out
}

// revInfo is cmd/go/internal/modfetch.RevInfo, which cannot be imported.
type revInfo struct {
	Version string
	Time    time.Time
	Name    string  `json:"-"`
	Short   string  `json:"-"`
	Origin  *origin `json:",omitempty"`
}

// origin is cmd/go/internal/modfetch/codehost.Origin.
type origin struct {
	VCS       string `json:",omitempty"`
	URL       string `json:",omitempty"`
	Subdir    string `json:",omitempty"`
	Hash      string `json:",omitempty"`
	TagPrefix string `json:",omitempty"`
	TagSum    string `json:",omitempty"`
	Ref       string `json:",omitempty"`
	RepoSum   string `json:",omitempty"`
}

// checkZip makes a zip whose entries have declared sizes and no content, which is all that CheckZip looks at.
func checkZip(in struct {
	Path, Version string
	Entries       []struct {
		Name    string
		Size    uint64
		Symlink bool
	}
}) (any, error) {
	file, err := os.CreateTemp("", "oracle-*.zip")
	if err != nil {
		panic(err)
	}
	defer os.Remove(file.Name())
	defer file.Close()
	writer := zip.NewWriter(file)
	for _, entry := range in.Entries {
		header := &zip.FileHeader{Name: entry.Name, UncompressedSize64: entry.Size}
		if entry.Symlink {
			header.SetMode(fs.ModeSymlink | 0o777)
		}
		if _, err := writer.CreateRaw(header); err != nil {
			panic(err)
		}
	}
	if err := writer.Close(); err != nil {
		panic(err)
	}
	_, err = modzip.CheckZip(module.Version{Path: in.Path, Version: in.Version}, file.Name())
	return true, err
}
