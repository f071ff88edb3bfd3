package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// without returns env without names.
func without(env map[string]string, names ...string) map[string]string {
	for _, name := range names {
		delete(env, name)
	}
	return env
}

func TestSecretFile(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	dir := t.TempDir()
	good := write(t, filepath.Join(dir, "secret"), "s3cret\r\n", 0o600)
	wrong := write(t, filepath.Join(dir, "wrong"), "wr0ng\n", 0o600)
	properties := func(text string) string {
		return write(t, filepath.Join(t.TempDir(), "p.yaml"), "clientId: news\n"+text, 0o600)
	}
	const variable, file = "SPILLWAY_CLIENT_SECRET", "SPILLWAY_CLIENT_SECRET_FILE"
	tests := []struct {
		name   string
		env    []string // name, value
		config string
		exit   int
		says   string
	}{
		{"a variable names it", []string{file, good}, "", 0, ""},
		{"the properties name it", nil, properties("clientSecretFile: " + good + "\n"), 0, ""},
		{"a variable's comes first", []string{file, good}, properties("clientSecret: wr0ng\n"), 0, ""},
		{"a variable comes first", []string{variable, "s3cret"}, properties("clientSecretFile: " + wrong + "\n"), 0, ""},
		{"it is wrong", []string{file, wrong}, "", exitDenied, "the client id is unknown or the secret is wrong"},
		{"two variables", []string{file, good, variable, "s3cret"}, "", exitUsage, "SPILLWAY_CLIENT_SECRET and SPILLWAY_CLIENT_SECRET_FILE are both given, must be one of them"},
		{"two keys", nil, properties("clientSecret: s3cret\nclientSecretFile: " + good + "\n"), exitUsage, "clientSecret and clientSecretFile are both given"},
		{"none", []string{file, filepath.Join(dir, "none")}, "", exitUsage, "client secret file: open " + filepath.Join(dir, "none") + ": no such file or directory"},
		{"a directory", []string{file, dir}, "", exitUsage, "client secret file: read " + dir},
		{"nothing in it", []string{file, write(t, filepath.Join(dir, "empty"), "\n", 0o600)}, "", exitUsage, "must hold one line, the secret"},
		{"too much in it", []string{file, write(t, filepath.Join(dir, "two"), "s3cret\ns3cret\n", 0o600)}, "", exitUsage, "must hold one line, the secret"},
		{"much too much in it", []string{file, write(t, filepath.Join(dir, "large"), strings.Repeat("s3cret", 1000), 0o600)}, "", exitUsage, "must hold one line, the secret"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			env := without(c.env(), variable)
			for i := 0; i < len(tt.env); i += 2 {
				env[tt.env[i]] = tt.env[i+1]
			}
			args := []string{"access"}
			if tt.config != "" {
				args = append(args, "--config", tt.config)
			}
			got := spillway(t.Context(), env, "", args...)
			if got.exit != tt.exit || tt.exit != 0 && !strings.Contains(got.err.Error(), tt.says) {
				t.Errorf("exit %d, %v, want %d saying %q", got.exit, got.err, tt.exit, tt.says)
			}
			checkClean(t, got)
		})
	}
}

func TestSecretFileIsRelativeToItsFile(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "secret"), "s3cret", 0o600)
	path := write(t, filepath.Join(dir, "p.yaml"), "clientId: news\nclientSecretFile: secret\n", 0o600)
	if got := spillway(t.Context(), without(c.env(), "SPILLWAY_CLIENT_SECRET"), "", "access", "--config", path); got.err != nil {
		t.Error(got.err)
	}
}

// TestModes: what others may read is told, what they may write is refused.
func TestModes(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	tests := []struct {
		mode    os.FileMode
		warned  bool
		refused bool
	}{
		{0o600, false, false}, {0o400, false, false}, {0o640, true, false}, {0o604, true, false}, {0o660, false, true}, {0o602, false, true}, {0o666, false, true},
	}
	for _, kind := range []struct{ what, text, variable, key string }{
		{"a client secret", "s3cret\n", "SPILLWAY_CLIENT_SECRET_FILE", "clientSecretFile"},
		{"a client secret", "clientId: news\nclientSecret: s3cret\n", "", ""},
		{"a key", "no key", "SPILLWAY_KEY_FILE", "keyFile"},
	} {
		for _, tt := range tests {
			path := write(t, filepath.Join(t.TempDir(), "file"), kind.text, 0o600)
			if err := os.Chmod(path, tt.mode); err != nil {
				t.Fatal(err)
			}
			env, args := c.env(), []string{"access"}
			if kind.variable != "SPILLWAY_KEY_FILE" {
				delete(env, "SPILLWAY_CLIENT_SECRET")
			}
			if kind.variable != "" {
				env[kind.variable] = path
			} else {
				args = append(args, "--config", path)
			}
			got := spillway(t.Context(), env, "", args...)
			text := got.stderr
			if got.err != nil {
				text += got.err.Error()
			}
			warned := strings.Contains(text, "spillway: warning: "+path+" holds "+kind.what+" and other users may read it: chmod 600 it\n")
			refused := got.exit == exitUsage && strings.Contains(text, path+" holds "+kind.what+" and other users may write it: chmod 600 it")
			if warned != tt.warned || refused != tt.refused {
				t.Errorf("%s with mode %o: warned %v, refused %v:\n%s", kind.what, tt.mode, warned, refused, text)
			}
			checkClean(t, got)
		}
	}
	shared := write(t, filepath.Join(t.TempDir(), "p.yaml"), "clientId: news\n", 0o600)
	if err := os.Chmod(shared, 0o666); err != nil {
		t.Fatal(err)
	}
	if got := spillway(t.Context(), c.env(), "", "access", "--config", shared); got.err != nil || got.stderr != "" {
		t.Errorf("a file without a secret: %v, %s", got.err, got.stderr)
	}
}

// TestAsksForTheSecret on a terminal, if nothing else is missing.
func TestAsksForTheSecret(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	tests := []struct {
		name   string
		env    map[string]string
		answer string
		asked  bool
		exit   int
		says   string
	}{
		{"right", without(c.env(), "SPILLWAY_CLIENT_SECRET"), "s3cret", true, 0, ""},
		{"wrong", without(c.env(), "SPILLWAY_CLIENT_SECRET"), "wr0ng", true, exitDenied, "the secret is wrong"},
		{"none", without(c.env(), "SPILLWAY_CLIENT_SECRET"), "", true, exitUsage, "the client secret is missing: give it by SPILLWAY_CLIENT_SECRET, "},
		{"there is one", c.env(), "", false, 0, ""},
		{"there is a token", map[string]string{"SPILLWAY_ENDPOINT": c.endpoint, "SPILLWAY_TOKEN": validToken()}, "", false, 0, ""},
		{"something else is missing", without(c.env(), "SPILLWAY_CLIENT_SECRET", "SPILLWAY_CLIENT_ID"), "", false, exitUsage, "the client id is missing"},
	}
	for _, tt := range tests {
		for _, command := range []string{"access", "token"} {
			asked := ""
			var stdout, stderr strings.Builder
			p := &program{func(name string) string { return tt.env[name] }, strings.NewReader(""), &stdout, &stderr, func(_ context.Context, question string) (string, error) {
				asked = question
				return tt.answer, nil
			}}
			root := p.root()
			root.SetArgs([]string{command})
			err := root.ExecuteContext(t.Context())
			if (asked == "client secret of news: ") != tt.asked || exitStatus(err) != tt.exit || err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%s, %s: asked %q, %v", tt.name, command, asked, err)
			}
		}
	}
}

// TestASecretIsNoFlag tells where to put it, and does not repeat it.
func TestASecretIsNoFlag(t *testing.T) {
	t.Parallel()
	const help = "; spillway access --help lists the flags"
	const secret = ". A secret is never a flag, for all users of a machine can read the arguments of its processes: give it by SPILLWAY_CLIENT_SECRET, SPILLWAY_CLIENT_SECRET_FILE, clientSecret or clientSecretFile in properties.yaml"
	tests := map[string]string{
		"--client-secret s3cret":      "unknown flag: --client-secret" + help + secret,
		"--client-secret=s3cret":      "unknown flag: --client-secret" + help + secret,
		"--password=s3cret":           "unknown flag: --password" + help + secret,
		"--client-secret-file s3cret": "unknown flag: --client-secret-file" + help + secret,
		"--token s3cret":              "unknown flag: --token" + help + ". A token is never a flag, for all users of a machine can read the arguments of its processes: give it by SPILLWAY_TOKEN",
		"-s3cret":                     "unknown flag: -s" + help,
		"--client-id":                 "flag needs an argument: --client-id" + help,
	}
	for args, want := range tests {
		got := spillway(t.Context(), nil, "", append([]string{"access"}, strings.Fields(args)...)...)
		if got.exit != exitUsage || got.err == nil || got.err.Error() != want {
			t.Errorf("%s: exit %d, %v, want %s", args, got.exit, got.err, want)
		}
	}
}
