package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spillway/spillway/pkg/client"
)

// setting is a value that may come from several places.
type setting int

// The settings; doc.go tells them to users.
const (
	settingEndpoint setting = iota
	settingClientID
	settingSecret
	settingSecretFile
	settingTokenURL
	settingScopes
	settingToken
	settingCAFile
	settingCertFile
	settingKeyFile
	settingPlaintext
	settingStream
	settingKinesis
	settingRegion
	settingUserPool
	settingCognito
	settingCount
)

// places are where a setting may come from, the first one first.
type places struct {
	name      string // for people
	flag      string
	variables []string
	key       string // in the properties file
}

func (s setting) places() places {
	return [settingCount]places{
		settingEndpoint:   {"endpoint", "endpoint", []string{"SPILLWAY_ENDPOINT"}, "serviceEndpoint"},
		settingClientID:   {"client id", "client-id", []string{"SPILLWAY_CLIENT_ID"}, "clientId"},
		settingSecret:     {"client secret", "", []string{"SPILLWAY_CLIENT_SECRET"}, "clientSecret"},
		settingSecretFile: {"client secret file", "", []string{"SPILLWAY_CLIENT_SECRET_FILE"}, "clientSecretFile"},
		settingTokenURL:   {"token URL", "token-url", []string{"SPILLWAY_TOKEN_URL"}, "tokenUrl"},
		settingScopes:     {"scopes", "scope", []string{"SPILLWAY_SCOPES"}, "scopes"},
		settingToken:      {"access token", "", []string{"SPILLWAY_TOKEN"}, ""},
		settingCAFile:     {"CA file", "ca-file", []string{"SPILLWAY_CA_FILE"}, "caFile"},
		settingCertFile:   {"certificate file", "cert-file", []string{"SPILLWAY_CERT_FILE"}, "certFile"},
		settingKeyFile:    {"key file", "key-file", []string{"SPILLWAY_KEY_FILE"}, "keyFile"},
		settingPlaintext:  {"plaintext", "plaintext", []string{"SPILLWAY_PLAINTEXT"}, "plaintext"},
		settingStream:     {"stream", "stream", []string{"SPILLWAY_STREAM"}, "streamName"},
		settingKinesis:    {"Kinesis endpoint", "endpoint-url", []string{"AWS_ENDPOINT_URL_KINESIS", "AWS_ENDPOINT_URL"}, "kinesisEndpoint"},
		settingRegion:     {"region", "region", []string{"AWS_REGION", "AWS_DEFAULT_REGION"}, "region"},
		settingUserPool:   {"user pool", "user-pool-id", []string{"SPILLWAY_USER_POOL_ID"}, "userPoolId"},
		settingCognito:    {"Cognito endpoint", "endpoint-url", []string{"AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "AWS_ENDPOINT_URL"}, "cognitoEndpoint"},
	}[s]
}

// knownKeys returns what a properties file may have.
func knownKeys() []string {
	var keys []string
	for s := range settingCount {
		if key := s.places().key; key != "" {
			keys = append(keys, key)
		}
	}
	return keys
}

// ways says how to give the setting a value.
func (s setting) ways() string {
	at := s.places()
	var ways []string
	if at.flag != "" {
		ways = append(ways, "--"+at.flag)
	}
	ways = append(ways, at.variables...)
	if at.key != "" {
		ways = append(ways, at.key+" in "+propertiesName)
	}
	return anyOf(ways)
}

// secretWays says how to give the client's secret.
func secretWays() string {
	text, file := settingSecret.places(), settingSecretFile.places()
	return anyOf([]string{text.variables[0], file.variables[0], text.key, file.key + " in " + propertiesName})
}

func anyOf(ways []string) string {
	last := len(ways) - 1
	if last == 0 {
		return ways[0]
	}
	return strings.Join(ways[:last], ", ") + " or " + ways[last]
}

// settings looks values up.
type settings struct {
	cmd    *cobra.Command
	getenv func(string) string
	file   properties
	down   bool // a local stack has left its directory, and no file
	note   func(format string, args ...any)
	ask    asker
}

// settings reads the properties file for cmd.
func (p *program) settings(cmd *cobra.Command) (*settings, error) {
	config := cmd.Flag("config").Value.String()
	file, err := p.loadProperties(config)
	if err != nil {
		return nil, usageError{err}
	}
	info, err := os.Stat(filepath.Dir(localProperties))
	down := config == "" && file == nil && err == nil && info.IsDir()
	return &settings{cmd, p.getenv, file, down, p.note, p.ask}, nil
}

// get returns the value of s, empty where none of its places has one. What the file
// says of plaintext is for the file's own endpoint: another one is not to get the
// token unencrypted because of it.
func (c *settings) get(s setting) string {
	at := s.places()
	if f := c.cmd.Flag(at.flag); at.flag != "" && f != nil && f.Changed {
		return f.Value.String()
	}
	for _, name := range at.variables {
		if v := c.getenv(name); v != "" {
			return v
		}
	}
	if s == settingPlaintext && c.get(settingEndpoint) != c.file[settingEndpoint.places().key] {
		return ""
	}
	return c.file[at.key]
}

// gatewayFlags adds the flags that say how to reach and enter a gateway.
func gatewayFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.String(settingEndpoint.places().flag, "", "the gateway: host:port or a URL")
	f.String(settingCAFile.places().flag, "", "PEM file of authorities to trust for the gateway")
	f.String(settingCertFile.places().flag, "", "PEM file of the client's certificate, for a gateway that asks for one")
	f.String(settingKeyFile.places().flag, "", "PEM file of its key")
	credentialFlags(cmd)
}

// credentialFlags adds the flags that say how to get a token.
func credentialFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.String(settingClientID.places().flag, "", "OAuth 2.0 client id (its secret: SPILLWAY_CLIENT_SECRET, SPILLWAY_CLIENT_SECRET_FILE or the properties file)")
	f.String(settingTokenURL.places().flag, "", "where tokens are issued")
	f.String(settingScopes.places().flag, "", "scopes that narrow the token, separated by blanks")
	f.Bool(settingPlaintext.places().flag, false, "no TLS (default: only on loopback)")
}

// missing returns an error for each of the required settings without a value. Where
// all of them would come from a local stack that is down, that is the error.
func (c *settings) missing(required ...setting) []error {
	var errs []error
	for _, s := range required {
		if c.get(s) == "" {
			errs = append(errs, c.lacks(s))
		}
	}
	if c.down && len(errs) == len(required) {
		return []error{errors.New("no local stack runs here: go tool mage up; or name another one's file by --config")}
	}
	return errs
}

func (c *settings) lacks(s setting) error {
	ways := s.ways()
	if s == settingSecret {
		ways = secretWays()
	}
	return fmt.Errorf("the %s is missing: give it by %s", s.places().name, ways)
}

// credentials returns how to get tokens, what has to be set for it, and the mistake in
// the secret.
func (c *settings) credentials() (creds client.Credentials, required []setting, err error) {
	if token := c.get(settingToken); token != "" {
		return client.Credentials{Token: token}, nil, nil
	}
	creds = client.Credentials{ClientID: c.get(settingClientID), TokenURL: c.get(settingTokenURL), Scopes: strings.Fields(c.get(settingScopes))}
	required = []setting{settingClientID, settingTokenURL}
	creds.ClientSecret, err = c.secret()
	if creds.ClientSecret == "" && err == nil && c.ask == nil {
		required = []setting{settingClientID, settingSecret, settingTokenURL}
	}
	return creds, required, err
}

// askSecret asks for the secret, if creds are right but for that.
func (c *settings) askSecret(creds *client.Credentials) (err error) {
	if creds.Token != "" || creds.ClientSecret != "" {
		return nil
	}
	creds.ClientSecret, err = c.ask(c.cmd.Context(), fmt.Sprintf("client secret of %s: ", printable(creds.ClientID)))
	if err == nil && creds.ClientSecret == "" {
		err = usageError{c.lacks(settingSecret)}
	}
	return err
}

// token returns how to get tokens without a gateway, and every mistake in it.
func (c *settings) token() (client.Credentials, []error) {
	creds, required, secretErr := c.credentials()
	plaintext, plaintextErr := c.plaintext()
	errs := append(c.missing(required...), mistakes(errors.Join(secretErr, plaintextErr))...)
	return creds, append(errs, mistakes(complete(client.Config{Credentials: creds, Plaintext: plaintext}).Validate())...)
}

// gateway returns how to reach and enter the gateway, and every mistake in it.
func (c *settings) gateway() (client.Config, []error) {
	creds, required, secretErr := c.credentials()
	config := client.Config{
		Endpoint: c.get(settingEndpoint), CAFile: c.get(settingCAFile), CertFile: c.get(settingCertFile), KeyFile: c.get(settingKeyFile),
		Credentials: creds, UserAgent: "spillway-cli/" + version(),
	}
	plaintext, plaintextErr := c.plaintext()
	config.Plaintext = plaintext
	errs := append(c.missing(append(required, settingEndpoint)...), mistakes(errors.Join(secretErr, plaintextErr, c.guardKey()))...)
	return config, append(errs, mistakes(complete(config).Validate())...)
}

func (c *settings) plaintext() (bool, error) {
	text := c.get(settingPlaintext)
	if text == "" {
		return false, nil
	}
	plaintext, err := strconv.ParseBool(text)
	if err != nil {
		return false, fmt.Errorf("plaintext is %q, must be true or false", text)
	}
	return plaintext, nil
}
