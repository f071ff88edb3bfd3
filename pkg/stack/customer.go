package stack

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

const (
	// PoolID is the id of the local user pool. It is fixed, so that the issuer of tokens is known before there is one.
	PoolID = region + "_Spillway1"
	// ResourceServer is what the scopes of the local customers begin with.
	ResourceServer = "spillway"

	poolName = "spillway"
	// maxStateBytes is more than the keys and clients of one pool need.
	maxStateBytes = 8 << 20
)

// Customer is a client of the local user pool.
type Customer struct {
	// Name is what the customer is called in files and in Endpoints: letters, digits, -, unique.
	Name string
	// Patterns are what it may read.
	Patterns []string
	// TokenValidity is how long its tokens live, 5 minutes to 24 hours; 0 is Cognito's default, an hour.
	TokenValidity time.Duration
}

// DefaultCustomers are those of a weather company. The first one is who properties.yaml is for.
func DefaultCustomers() []Customer {
	return []Customer{
		{Name: "institute", Patterns: []string{"weather.us.>"}},
		{Name: "newyork", Patterns: []string{"weather.us.ny"}},
		{Name: "tristate", Patterns: []string{"weather.us.ny", "weather.us.nj", "weather.us.ct"}},
		{Name: "operator", Patterns: []string{"weather.>", "$spillway.>"}},
	}
}

// Credentials are a customer's.
type Credentials struct {
	ClientID string   `json:"client_id"`
	Secret   string   `json:"secret"`
	Scopes   []string `json:"scopes"`
}

// scopes are what the customer's client is allowed in Cognito.
func (c Customer) scopes() []string {
	scopes := make([]string, len(c.Patterns))
	for i, p := range c.Patterns {
		scopes[i] = ResourceServer + "/" + p
	}
	return scopes
}

// The pool file of mockcognito, whose package doc has its form.
type (
	poolFile struct {
		Pools []pool `yaml:"pools"`
	}
	pool struct {
		ID              string           `yaml:"id"`
		Name            string           `yaml:"name"`
		ResourceServers []resourceServer `yaml:"resource_servers"`
		Clients         []poolClient     `yaml:"clients"`
	}
	resourceServer struct {
		Identifier string   `yaml:"identifier"`
		Name       string   `yaml:"name"`
		Scopes     []string `yaml:"scopes"`
	}
	poolClient struct {
		Name     string   `yaml:"name"`
		Scopes   []string `yaml:"scopes"`
		Validity string   `yaml:"access_token_validity,omitempty"`
	}
)

// poolsText is the pool file for customers.
func poolsText(customers []Customer) ([]byte, error) {
	var patterns []string
	var clients []poolClient
	for _, c := range customers {
		patterns = append(patterns, c.Patterns...)
		client := poolClient{Name: c.Name, Scopes: c.scopes()}
		if c.TokenValidity > 0 {
			client.Validity = c.TokenValidity.String()
		}
		clients = append(clients, client)
	}
	slices.Sort(patterns)
	return yaml.Dump(poolFile{Pools: []pool{{
		ID: PoolID, Name: poolName, Clients: clients,
		ResourceServers: []resourceServer{{Identifier: ResourceServer, Name: "Spillway events", Scopes: slices.Compact(patterns)}},
	}}})
}

// credentials reads what mockcognito has made up for customers from its state file.
func (s *Stack) credentials() (map[string]Credentials, error) {
	text, err := readBounded(s.path(cognitoFile), maxStateBytes)
	if err != nil {
		return nil, fmt.Errorf("read the customers' credentials: %w", err)
	}
	var state struct {
		Pools map[string]struct {
			Clients map[string]struct{ ID, Secret string } `json:"clients"`
		} `json:"pools"`
	}
	if err := json.Unmarshal(text, &state); err != nil {
		return nil, fmt.Errorf("read the customers' credentials: %s: %w", s.path(cognitoFile), err)
	}
	made := state.Pools[poolName].Clients
	creds := make(map[string]Credentials, len(s.o.Customers))
	for _, c := range s.o.Customers {
		client, ok := made[c.Name]
		if !ok {
			return nil, fmt.Errorf("read the customers' credentials: %s has none for %s", s.path(cognitoFile), c.Name)
		}
		creds[c.Name] = Credentials{ClientID: client.ID, Secret: client.Secret, Scopes: c.scopes()}
	}
	return creds, nil
}

// properties are the keys that cmd/spillway reads.
type properties struct {
	ClientID        string `yaml:"clientId"`
	ClientSecret    string `yaml:"clientSecret"`
	TokenURL        string `yaml:"tokenUrl"`
	ServiceEndpoint string `yaml:"serviceEndpoint"`
	CAFile          string `yaml:"caFile"`
	StreamName      string `yaml:"streamName"`
	KinesisEndpoint string `yaml:"kinesisEndpoint"`
	CognitoEndpoint string `yaml:"cognitoEndpoint"`
	UserPoolID      string `yaml:"userPoolId"`
	Region          string `yaml:"region"`
}

// writeProperties writes a file for each customer, and the first one's once more where spillway looks for it.
func (s *Stack) writeProperties(e Endpoints) error {
	for i, c := range s.o.Customers {
		creds := e.Customers[c.Name]
		text, err := yaml.Dump(properties{
			ClientID: creds.ClientID, ClientSecret: creds.Secret, TokenURL: e.TokenURL, ServiceEndpoint: e.Gateway,
			CAFile: e.CAFile, StreamName: e.Stream, KinesisEndpoint: e.AWS, Region: e.Region,
			CognitoEndpoint: strings.TrimSuffix(e.TokenURL, "/oauth2/token"), UserPoolID: PoolID,
		})
		if err != nil {
			return fmt.Errorf("write properties of %s: %w", c.Name, err)
		}
		paths := []string{s.path(customersDir, c.Name+".yaml")}
		if i == 0 {
			paths = append(paths, s.path(propertiesFile))
		}
		for _, path := range paths {
			if err := writeSecret(path, text); err != nil {
				return fmt.Errorf("write properties of %s: %w", c.Name, err)
			}
		}
	}
	return nil
}

// writeSecret writes a file that only its owner may read, whatever mode an earlier one has.
func writeSecret(path string, text []byte) error {
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.RemoveAll(path)); err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o600)
}
