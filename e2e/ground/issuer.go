package ground

import (
	"fmt"
	"net/http/httptest"

	"github.com/spillway/spillway/mockcognito"
	"github.com/spillway/spillway/pkg/client"
)

const (
	// maxCustomers is what a pool of the issuer takes.
	maxCustomers = 1000
	// Everything is what customers may read.
	Everything = "weather.us.>"
)

// Issuer issues the tokens of customers.
type Issuer struct {
	server    *mockcognito.Server
	web       *httptest.Server
	pool      mockcognito.Pool
	customers int // given out so far
}

func newIssuer() (*Issuer, error) {
	pool := mockcognito.Pool{
		Name:            "drill",
		ResourceServers: []mockcognito.ResourceServer{{Identifier: "spillway", Scopes: []string{Everything}}},
	}
	for i := range maxCustomers {
		pool.Clients = append(pool.Clients, mockcognito.Client{Name: fmt.Sprintf("customer-%d", i), Scopes: []string{"spillway/" + Everything}})
	}
	server, err := mockcognito.New(mockcognito.Config{Pools: []mockcognito.Pool{pool}})
	if err != nil {
		return nil, err
	}
	return &Issuer{server: server, web: httptest.NewServer(server), pool: server.Pools()[0]}, nil
}

// KeySetURL is where the issuer's keys are.
func (i *Issuer) KeySetURL() string { return i.web.URL + "/" + i.pool.ID + "/.well-known/jwks.json" }

// Customer returns the credentials of another customer, or of the first ones again
// when there are no more.
func (i *Issuer) Customer() client.Credentials {
	c := i.pool.Clients[i.customers%maxCustomers]
	i.customers++
	return client.Credentials{ClientID: c.ID, ClientSecret: c.Secret, TokenURL: i.web.URL + "/oauth2/token"}
}

// Token returns a token of a customer, without a request; there is a customer for every
// number.
func (i *Issuer) Token(number int) (string, error) {
	return i.server.Issue(i.pool.Clients[number%maxCustomers].ID, mockcognito.IssueOptions{})
}

func (i *Issuer) close() { i.web.Close() }
