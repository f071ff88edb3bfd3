package stack

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

const (
	// operatorName is what the template calls the client of the operator, who reads $spillway.> alone.
	operatorName = "operator"
	// operatorPattern is what the template itself makes a scope of.
	operatorPattern = "$spillway.>"

	// What ids and secrets of Cognito's clients look like.
	clientAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789"
	clientIDLen    = 26
	secretLen      = 52
)

// checkClients checks what of customers the template can make.
func checkClients(customers []Customer) error {
	name := regexp.MustCompile(`^[a-zA-Z0-9]+$`)
	var errs []error
	for i, c := range customers {
		if !name.MatchString(c.Name) {
			errs = append(errs, fmt.Errorf("Customers[%d].Name: %q must have letters and digits only with the template %s", i, c.Name, TemplateAllSteps))
		}
		if c.TokenValidity != 0 {
			errs = append(errs, fmt.Errorf("Customers[%d].TokenValidity: the template %s has one for all, its parameter TokenMinutes", i, TemplateAllSteps))
		}
	}
	return errors.Join(errs...)
}

// client is what the customer's client is called in Cognito.
func (c Customer) client() string {
	if c.Name == operatorName {
		return "local" + operatorName
	}
	return c.Name
}

// customerParameters are the parameters of cognito.yaml for customers.
func customerParameters(customers []Customer) map[string]string {
	var names, grants, patterns []string
	for _, c := range customers {
		names = append(names, c.client())
		grants = append(grants, c.client()+"="+strings.Join(c.Patterns, " "))
		patterns = append(patterns, c.Patterns...)
	}
	slices.Sort(patterns)
	patterns = slices.DeleteFunc(slices.Compact(patterns), func(p string) bool { return p == operatorPattern })
	return map[string]string{"Customers": strings.Join(names, ","), "Grants": strings.Join(grants, ";"), "Patterns": strings.Join(patterns, ",")}
}

// The reserved part of the pool file of mockcognito.
type (
	reservedFile struct {
		Reserved reserved `yaml:"reserved"`
	}
	reserved struct {
		PoolID  string           `yaml:"pool_id"`
		Clients []reservedClient `yaml:"clients"`
	}
	reservedClient struct {
		Name   string `yaml:"name"`
		ID     string `yaml:"id"`
		Secret string `yaml:"secret"`
	}
)

// reservedText has the ids and secrets that the template's pool and clients are to get, which are the same each time.
func (s *Stack) reservedText() ([]byte, error) {
	known, err := s.keptCredentials()
	if err != nil {
		return nil, err
	}
	file := reservedFile{reserved{PoolID: PoolID}}
	for _, c := range s.o.Customers {
		file.Reserved.Clients = append(file.Reserved.Clients, reservedClient{c.client(), known[c.Name].ClientID, known[c.Name].Secret})
	}
	return yaml.Dump(file)
}

// customers are the credentials of the customers by name.
func (s *Stack) customers() (map[string]Credentials, error) {
	if s.o.Template == TemplateAllSteps {
		return s.keptCredentials()
	}
	return s.credentials()
}

// keptCredentials reads the customers' credentials, and makes those that are missing.
func (s *Stack) keptCredentials() (map[string]Credentials, error) {
	known := map[string]Credentials{}
	text, err := readBounded(s.path(credentialsFile), maxStateBytes)
	if err == nil {
		err = json.Unmarshal(text, &known)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the customers' credentials: %s: %w", s.path(credentialsFile), err)
	}
	out, complete := map[string]Credentials{}, true
	for _, c := range s.o.Customers {
		one, ok := known[c.Name]
		if !ok {
			one.ClientID, one.Secret, complete = randomText(clientIDLen), randomText(secretLen), false
		}
		one.Scopes = c.scopes()
		out[c.Name], known[c.Name] = one, one
	}
	if complete {
		return out, nil
	}
	if text, err = json.MarshalIndent(known, "", "  "); err == nil { //nolint:gosec // the file is its owner's alone
		err = writeSecret(s.path(credentialsFile), text)
	}
	if err != nil {
		return nil, fmt.Errorf("write the customers' credentials: %w", err)
	}
	return out, nil
}

// randomText is a text of the alphabet of ids, each letter as likely as any other.
func randomText(n int) string {
	var text strings.Builder
	most := byte(256 / len(clientAlphabet) * len(clientAlphabet))
	for one := make([]byte, 1); text.Len() < n; {
		_, _ = rand.Read(one) // never fails
		if one[0] < most {
			text.WriteByte(clientAlphabet[int(one[0])%len(clientAlphabet)])
		}
	}
	return text.String()
}
