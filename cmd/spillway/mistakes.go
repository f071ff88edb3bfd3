package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spillway/spillway/pkg/client"
)

// complete fills in what is missing, and has been told to be, so that what is
// there can be checked beside it.
func complete(c client.Config) client.Config {
	if c.Endpoint == "" {
		c.Endpoint = "missing.invalid:443"
		c.Plaintext = c.Plaintext && c.CAFile == "" && c.CertFile == "" && c.KeyFile == ""
	}
	if c.Credentials.ClientID == "" || c.Credentials.ClientSecret == "" {
		c.Credentials.ClientID, c.Credentials.ClientSecret = "missing", "missing"
	}
	if c.Credentials.TokenURL == "" {
		c.Credentials.TokenURL = "https://missing.invalid/"
	}
	return c
}

// mistakes takes a joined error apart.
func mistakes(err error) []error {
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	for _, e := range joined.Unwrap() {
		all = append(all, mistakes(e)...)
	}
	return all
}

// configError returns all of errs as one usage error, or nil.
func configError(errs []error) error {
	switch len(errs) {
	case 0:
		return nil
	case 1:
		return usageError{errs[0]}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d mistakes in the configuration:", len(errs))
	for _, err := range errs {
		b.WriteString("\n  - " + err.Error())
	}
	return usageError{errors.New(b.String())}
}
