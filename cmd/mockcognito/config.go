package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/caarlos0/env/v11"
)

// variablePrefix is what the names of all of this program's variables begin with.
const variablePrefix = "SPILLWAY_MOCKCOGNITO_"

// config is everything that the environment says.
type config struct {
	Listen    string     `env:"LISTEN" envDefault:"127.0.0.1:9229" meaning:"address to listen on, as host:port"`
	Config    string     `env:"CONFIG" meaning:"YAML file of the pools, resource servers and clients to begin with; without it the API has to make them"`
	State     string     `env:"STATE" meaning:"file that keeps keys, generated ids and secrets, and what the API makes; without it every start begins anew"`
	Region    string     `env:"REGION" meaning:"AWS region in the ids of new pools; without it the file's, or us-east-1"`
	AccountID string     `env:"ACCOUNT_ID" envDefault:"000000000000" meaning:"AWS account in ARNs, 12 digits"`
	PublicURL string     `env:"PUBLIC_URL" meaning:"base URL in openid-configuration; without it the request's host is used"`
	LogLevel  slog.Level `env:"LOG_LEVEL" envDefault:"INFO" meaning:"lowest level to log: DEBUG, INFO, WARN or ERROR"`
}

// readConfig reads the environment and reports every mistake in it at once.
func readConfig(environ []string) (config, error) {
	var cfg config
	err := env.ParseWithOptions(&cfg, env.Options{Prefix: variablePrefix, Environment: env.ToMap(environ)})
	var parsed env.AggregateError
	mistakes := []error{}
	switch {
	case errors.As(err, &parsed):
		mistakes = append(mistakes, named(parsed.Errors)...)
	case err != nil:
		mistakes = append(mistakes, err)
	}
	mistakes = append(mistakes, checkListen(cfg.Listen), checkPublicURL(cfg.PublicURL))
	return cfg, errors.Join(mistakes...)
}

// named replaces the names of fields, by which the parser calls wrong values, by the names of variables.
func named(parsed []error) []error {
	for i, err := range parsed {
		var wrong env.ParseError
		if !errors.As(err, &wrong) {
			continue
		}
		for _, v := range variables() {
			if v.field == wrong.Name {
				parsed[i] = fmt.Errorf("%s: %w", v.name, wrong.Err)
			}
		}
	}
	return parsed
}

func checkListen(address string) error {
	_, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return fmt.Errorf("%sLISTEN: %q is not host:port with a port from 0 to 65535", variablePrefix, address)
	}
	return nil
}

func checkPublicURL(raw string) error {
	if raw == "" {
		return nil
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || strings.HasSuffix(raw, "/") {
		return fmt.Errorf("%sPUBLIC_URL: must be an http or https URL without final slash", variablePrefix)
	}
	return nil
}

// unknownVariables names the variables with this program's prefix that it does not know: misspelt ones, most likely.
func unknownVariables(environ []string) []string {
	known := map[string]bool{}
	for _, v := range variables() {
		known[v.name] = true
	}
	var unknown []string
	for _, entry := range environ {
		name, _, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, variablePrefix) && !known[name] {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	return unknown
}

// variable is one environment variable as --help shows it.
type variable struct{ field, name, standard, meaning string }

func variables() []variable {
	var list []variable
	for field := range reflect.TypeFor[config]().Fields() {
		standard := cmp.Or(field.Tag.Get("envDefault"), "none")
		list = append(list, variable{field.Name, variablePrefix + field.Tag.Get("env"), standard, field.Tag.Get("meaning")})
	}
	return list
}

func writeHelp(w io.Writer) error {
	var b strings.Builder
	b.WriteString("Usage: mockcognito [health]\n\nServes the token endpoint, key set, discovery document and cognito-idp API of Amazon Cognito user pools locally. With health, tells by the\nexit status whether the server with the same environment answers.\n\nEnvironment:\n")
	for _, v := range variables() {
		fmt.Fprintf(&b, "  %s (%s)\n        %s\n", v.name, v.standard, v.meaning)
	}
	b.WriteString("\nThe form of the pool file, the operations of the API and the knobs for demos under /_mockcognito/ are in the\ndocumentation of package mockcognito.\n")
	_, err := io.WriteString(w, b.String())
	return err
}
