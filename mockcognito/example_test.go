package mockcognito_test

import (
	"context"
	"fmt"
	"net/http/httptest"

	"golang.org/x/oauth2/clientcredentials"

	"github.com/spillway/spillway/mockcognito"
)

const poolFile = `
pools:
  - id: us-east-1_Local0001
    name: weather
    resource_servers:
      - identifier: spillway
        scopes: [weather.us.ny, "weather.us.>"]
    clients:
      - name: news
        scopes: [spillway/weather.us.ny]
`

func Example() {
	cfg, err := mockcognito.ParseConfig([]byte(poolFile))
	if err != nil {
		fmt.Println(err)
		return
	}
	server, err := mockcognito.New(cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	web := httptest.NewServer(server.Handler())
	defer web.Close()

	pool := server.Pools()[0]
	news := pool.Clients[0] // its id and secret have been generated
	client := clientcredentials.Config{ClientID: news.ID, ClientSecret: news.Secret, TokenURL: web.URL + "/oauth2/token"}
	token, err := client.Token(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(token.TokenType, pool.Issuer)
	// Output: Bearer https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Local0001
}

func ExampleServer_Issue() {
	cfg, err := mockcognito.ParseConfig([]byte(poolFile))
	if err != nil {
		fmt.Println(err)
		return
	}
	server, err := mockcognito.New(cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	client := server.Pools()[0].Clients[0]
	expired, err := server.Issue(client.ID, mockcognito.IssueOptions{Lifetime: -1})
	fmt.Println(expired != "", err)
	// Output: true <nil>
}
