package main

import (
	"go/version"
	"path"
	"strings"
	"time"
	"unicode"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

type pair struct {
	A string `json:"a"`
	B string `json:"b"`
}

func init() {
	registerSemver()
	registerPaths()
	registerPseudo()
	register("matchPrefixPatterns", func(in pair) (any, error) {
		return module.MatchPrefixPatterns(in.A, in.B), nil
	})
	register("pathMatch", func(in pair) (any, error) {
		matched, _ := path.Match(in.A, in.B)
		return matched, nil
	})
	register("caseOrbits", func(struct{}) (any, error) { return caseOrbits(), nil })
	register("goVersion", func(in pair) (any, error) {
		a, b := "go"+in.A, "go"+in.B
		return map[string]any{
			"valid":   version.IsValid(a),
			"lang":    strings.TrimPrefix(version.Lang(a), "go"),
			"compare": version.Compare(a, b),
		}, nil
	})
}

func registerSemver() {
	register("semver", func(v string) (any, error) {
		return map[string]any{
			"valid":            semver.IsValid(v),
			"canonical":        semver.Canonical(v),
			"major":            semver.Major(v),
			"majorMinor":       semver.MajorMinor(v),
			"prerelease":       semver.Prerelease(v),
			"build":            semver.Build(v),
			"canonicalVersion": module.CanonicalVersion(v),
		}, nil
	})
	register("semverCompare", func(in pair) (any, error) { return semver.Compare(in.A, in.B), nil })
	register("semverSort", func(list []string) (any, error) {
		semver.Sort(list)
		return list, nil
	})
}

func registerPaths() {
	check := func(name string, f func(string) error) {
		register(name, func(path string) (any, error) { return true, f(path) })
	}
	check("checkPath", module.CheckPath)
	check("checkImportPath", module.CheckImportPath)
	check("checkFilePath", module.CheckFilePath)
	register("check", func(in pair) (any, error) { return true, module.Check(in.A, in.B) })
	register("splitPathVersion", func(path string) (any, error) {
		prefix, pathMajor, ok := module.SplitPathVersion(path)
		return map[string]any{"prefix": prefix, "pathMajor": pathMajor, "ok": ok}, nil
	})
	register("matchPathMajor", func(in pair) (any, error) {
		return module.MatchPathMajor(in.A, in.B), nil
	})
	convert := func(name string, f func(string) (string, error)) {
		register(name, func(text string) (any, error) { return f(text) })
	}
	convert("escapePath", module.EscapePath)
	convert("escapeVersion", module.EscapeVersion)
	convert("unescapePath", module.UnescapePath)
	convert("unescapeVersion", module.UnescapeVersion)
}

func registerPseudo() {
	register("pseudoVersion", func(in struct {
		Major, Older, Revision string
		Time                   time.Time
	}) (any, error) {
		return module.PseudoVersion(in.Major, in.Older, in.Time, in.Revision), nil
	})
	register("isPseudoVersion", func(v string) (any, error) { return module.IsPseudoVersion(v), nil })
	register("isZeroPseudoVersion", func(v string) (any, error) {
		return module.IsZeroPseudoVersion(v), nil
	})
	register("pseudoVersionTime", func(v string) (any, error) {
		t, err := module.PseudoVersionTime(v)
		return t.Format("2006-01-02T15:04:05.000Z"), err
	})
	register("pseudoVersionRevision", func(v string) (any, error) { return module.PseudoVersionRev(v) })
	register("pseudoVersionBase", func(v string) (any, error) { return module.PseudoVersionBase(v) })
}

// caseOrbits says for each letter that has or could have a case the least letter that strings.EqualFold takes for it.
func caseOrbits() map[string]string {
	orbits := map[string]string{}
	for r := range unicode.MaxRune {
		if unicode.IsLetter(r) && (unicode.ToUpper(r) != r || unicode.ToLower(r) != r || unicode.SimpleFold(r) != r) {
			least := r
			for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
				least = min(least, other)
			}
			orbits[string(r)] = string(least)
		}
	}
	return orbits
}
