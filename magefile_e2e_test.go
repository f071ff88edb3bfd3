//go:build mage

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTableOfScenarios(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a.json": `{"stack":"compose","results":[{"scenario":"one","outcome":"passed","seconds":1.25},{"scenario":"two","outcome":"skipped","seconds":0},{"scenario":"three","outcome":"not here","why":"it is everybody's","seconds":0}]}`,
		"b.json": `{"stack":"sandbox","results":[{"scenario":"one","outcome":"failed","seconds":60},{"scenario":"three","outcome":"not here","why":"it is full","seconds":0}]}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out strings.Builder
	if err := tableOfScenarios(&out, dir); err != nil {
		t.Fatal(err)
	}
	const want = "SCENARIO  compose        sandbox\none       passed 1.2 s   failed 60.0 s\ntwo       skipped 0.0 s  not run\nthree     not here (1)   not here (2)\n" +
		"(1) not on this stack: it is everybody's\n(2) not on this stack: it is full\n"
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}
