package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"strings"
)

// maxSecretBytes is much more than any issuer's secrets take.
const maxSecretBytes = 4 << 10

// secret returns the client's secret: that of a variable, or of the file that one
// names; else the same of the properties file. It is empty where there is none.
func (c *settings) secret() (string, error) {
	text, file := settingSecret.places(), settingSecretFile.places()
	for _, place := range []struct{ text, path, names string }{
		{c.getenv(text.variables[0]), c.getenv(file.variables[0]), text.variables[0] + " and " + file.variables[0]},
		{c.file[text.key], c.file[file.key], text.key + " and " + file.key},
	} {
		switch {
		case place.text != "" && place.path != "":
			return "", fmt.Errorf("%s are both given, must be one of them", place.names)
		case place.text != "":
			return place.text, nil
		case place.path != "":
			return c.readSecret(place.path)
		}
	}
	return "", nil
}

// readSecret returns the one line of the file at path. Its errors hold nothing of it.
func (c *settings) readSecret(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("client secret file: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", fmt.Errorf("client secret file: %w", err)
	}
	if err := c.guard(info, path, "a client secret"); err != nil {
		return "", err
	}
	text, err := io.ReadAll(io.LimitReader(f, maxSecretBytes+1))
	if err != nil {
		return "", fmt.Errorf("client secret file: %w", err)
	}
	secret := strings.TrimSpace(string(text))
	if len(text) > maxSecretBytes || secret == "" || strings.ContainsAny(secret, "\r\n") {
		return "", fmt.Errorf("client secret file %s must hold one line, the secret", path)
	}
	return secret, nil
}

// guard warns of a file with a secret that other users may read, and refuses one that
// they may write, for they may have.
func guard(info fs.FileInfo, path, what string, warn func(format string, args ...any)) error {
	if runtime.GOOS == "windows" || !info.Mode().IsRegular() { // where modes do not tell
		return nil
	}
	switch mode := info.Mode().Perm(); {
	case mode&0o022 != 0:
		return fmt.Errorf("%s holds %s and other users may write it: chmod 600 it", path, what)
	case mode&0o077 != 0:
		warn("spillway: warning: %s holds %s and other users may read it: chmod 600 it", path, what)
	}
	return nil
}

func (c *settings) guard(info fs.FileInfo, path, what string) error {
	return guard(info, path, what, c.note)
}

// guardKey is guard for the key of the client's certificate. That it cannot be read is
// told elsewhere.
func (c *settings) guardKey() error {
	path := c.get(settingKeyFile)
	if path == "" {
		return nil
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("key file: %w", err)
	}
	return c.guard(info, path, "a key")
}
