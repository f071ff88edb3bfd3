package mockcognito

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestStateFileMode(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "state.json")
	st := emptyState()
	st.pool("p").client("c").Secret = testSecret
	for range 2 {
		if err := st.save(path); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %04o, want 0600", info.Mode().Perm())
	}
	got, err := loadState(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(st, got, cmp.AllowUnexported(poolState{})); diff != "" {
		t.Errorf("loaded (-saved +loaded):\n%s", diff)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 {
		t.Errorf("saving has left %d files", len(entries))
	}
}

func TestLoadStateRefuses(t *testing.T) {
	t.Parallel()
	const head = `{"version":1,"pools":{"p":`
	tests := map[string]struct {
		content string
		mode    fs.FileMode
		want    string
	}{
		"readable by others": {`{"version":1}`, 0o644, "chmod 600"},
		"empty":              {"", 0o600, "not the JSON this program writes"},
		"tail":               {`{"version":1}{}`, 0o600, "something follows"},
		"unknown key":        {`{"version":1,"x":1}`, 0o600, `unknown field "x"`},
		"another version":    {`{"version":2}`, 0o600, "version: is 2, must be 1"},
		"null pool":          {head + `null}}`, 0o600, `pools["p"]: must not be null`},
		"null client":        {head + `{"clients":{"c":null}}}}`, 0o600, `pools["p"].clients["c"]: must not be null`},
		"pool id":            {head + `{"id":"nowhere"}}}`, 0o600, `pools["p"].id`},
		"client id":          {head + `{"clients":{"c":{"id":"-"}}}}}`, 0o600, `pools["p"].clients["c"].id`},
		"secret":             {head + `{"clients":{"c":{"secret":"-"}}}}}`, 0o600, `pools["p"].clients["c"].secret`},
		"keys unpaired":      {head + `{"id_keys":["x"]}}}`, 0o600, "as many id_keys as access_keys"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "state.json")
			if err := os.WriteFile(path, []byte(test.content), test.mode); err != nil {
				t.Fatal(err)
			}
			if _, err := loadState(path); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("loadState: %v, want %q", err, test.want)
			}
		})
	}
	if _, err := loadState(t.TempDir()); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("loadState of a directory: %v", err)
	}
}

func TestStateFileIsBounded(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.json")
	st := emptyState()
	st.pool("p").client("c").Secret = strings.Repeat("x", maxStateFile)
	if err := st.save(path); err == nil || !strings.Contains(err.Error(), "would be larger") {
		t.Errorf("save of a state that could not be loaded: %v", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("it was written all the same")
	}
}

func TestNewRefusesBrokenKeys(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.json")
	content := `{"version":1,"pools":{"weather":{"id_keys":["x"],"access_keys":["y"]}}}`
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := New(Config{Pools: testPools(), StateFile: path})
	if err == nil || !strings.Contains(err.Error(), "pool weather: state file: id_keys[0] is not a PEM block") {
		t.Errorf("New: %v", err)
	}
}

func TestConfiguredValuesAreNotStored(t *testing.T) {
	t.Parallel()
	path := testStateFile(t)
	newTestServer(t, Config{StateFile: path})
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range []string{testPoolID, testClientID, testSecret} {
		if strings.Contains(string(data), value) {
			t.Errorf("the state file repeats %q from the configuration", value)
		}
	}
}

func FuzzDecodeState(f *testing.F) {
	for _, seed := range []string{"", `{"version":1,"pools":{"p":{"id":"us-east-1_a","clients":{"c":{}}}}}`, `{"version":1,"pools":null}`, `{"version":1,"pools":{"":null}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := decodeState(data)
		if err != nil {
			return
		}
		for name := range s.Pools {
			if id := s.pool(name).ID; id != "" && !strings.HasPrefix(defaultIssuer(id), "https://cognito-idp.") {
				t.Errorf("pool id %q has no issuer", id)
			}
		}
	})
}
