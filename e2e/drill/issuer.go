package main

import (
	"fmt"
	"net/http/httptest"

	"github.com/spillway/spillway/mockcognito"
	"github.com/spillway/spillway/pkg/client"
)

const (
	// maxCustomers is what a pool of the issuer takes.
	maxCustomers = 1000
	// everything is what all subscribers of a drill read.
	everything = "weather.us.>"
)

// issuer issues the tokens of a drill's customers.
type issuer struct {
	web       *httptest.Server
	pool      mockcognito.Pool
	customers int // given out so far
}

func newIssuer() (*issuer, error) {
	pool := mockcognito.Pool{
		Name:            "drill",
		ResourceServers: []mockcognito.ResourceServer{{Identifier: "spillway", Scopes: []string{everything}}},
	}
	for i := range maxCustomers {
		pool.Clients = append(pool.Clients, mockcognito.Client{Name: fmt.Sprintf("customer-%d", i), Scopes: []string{"spillway/" + everything}})
	}
	server, err := mockcognito.New(mockcognito.Config{Pools: []mockcognito.Pool{pool}})
	if err != nil {
		return nil, err
	}
	return &issuer{web: httptest.NewServer(server), pool: server.Pools()[0]}, nil
}

// keySetURL is where the issuer's keys are.
func (i *issuer) keySetURL() string { return i.web.URL + "/" + i.pool.ID + "/.well-known/jwks.json" }

// customer returns the credentials of another customer, or of the first ones again
// when there are no more.
func (i *issuer) customer() client.Credentials {
	c := i.pool.Clients[i.customers%maxCustomers]
	i.customers++
	return client.Credentials{ClientID: c.ID, ClientSecret: c.Secret, TokenURL: i.web.URL + "/oauth2/token"}
}

func (i *issuer) close() { i.web.Close() }
