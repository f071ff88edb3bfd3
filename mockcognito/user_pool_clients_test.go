package mockcognito

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/google/go-cmp/cmp"
)

func TestUserPoolClient(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Config{})
	in := machine("spillway/*")
	in.AccessTokenValidity, in.TokenValidityUnits = aws.Int32(5), &types.TokenValidityUnitsType{AccessToken: types.TimeUnitsTypeMinutes}
	c := w.createClient(t, in)
	if len(*c.ClientId) != 26 || len(*c.ClientSecret) != 52 || *c.ClientName != "machine" {
		t.Errorf("created: id %s, name %s", *c.ClientId, *c.ClientName)
	}
	var got tokenResponse
	if err := json.Unmarshal([]byte(w.token(t, "/oauth2/token", *c.ClientId, *c.ClientSecret).body), &got); err != nil || got.ExpiresIn != 300 {
		t.Errorf("expires_in %d, %v", got.ExpiresIn, err)
	}
	updated, err := w.UpdateUserPoolClient(t.Context(), &idp.UpdateUserPoolClientInput{
		UserPoolId: in.UserPoolId, ClientId: c.ClientId, AllowedOAuthFlows: in.AllowedOAuthFlows, AllowedOAuthFlowsUserPoolClient: true,
		AllowedOAuthScopes: []string{"spillway/weather.us.ny"}, AccessTokenValidity: aws.Int32(24),
	})
	if err != nil {
		t.Fatal(err)
	}
	u := updated.UserPoolClient
	if *u.ClientName != "machine" || *u.ClientSecret != *c.ClientSecret || u.RefreshTokenValidity != 30 || u.TokenValidityUnits.AccessToken != "" {
		t.Errorf("updated: %+v", u)
	}
	if err := json.Unmarshal([]byte(w.token(t, "/oauth2/token", *c.ClientId, *c.ClientSecret).body), &got); err != nil || got.ExpiresIn != 86400 {
		t.Errorf("expires_in %d after the update, %v", got.ExpiresIn, err)
	}
	if scope := scopeOf(t, w, w.token(t, "/oauth2/token", *c.ClientId, *c.ClientSecret)); scope != "spillway/weather.us.ny" {
		t.Errorf("scope %q after the update", scope)
	}
	if _, err := w.DeleteUserPoolClient(t.Context(), &idp.DeleteUserPoolClientInput{UserPoolId: in.UserPoolId, ClientId: c.ClientId}); err != nil {
		t.Fatal(err)
	}
	refusal(t, w.token(t, "/oauth2/token", *c.ClientId, *c.ClientSecret), errInvalidClient)
	_, err = w.DescribeUserPoolClient(t.Context(), &idp.DescribeUserPoolClientInput{UserPoolId: in.UserPoolId, ClientId: c.ClientId})
	wantError(t, err, "ResourceNotFoundException", "User pool client "+*c.ClientId+" does not exist.")
}

func TestConfiguredClientInTheAPI(t *testing.T) {
	t.Parallel()
	pools := testPools()
	pools[0].Clients[0].AccessTokenValidity = 5 * time.Minute
	w := newWorld(t, Config{Pools: pools})
	out, err := w.DescribeUserPoolClient(t.Context(), &idp.DescribeUserPoolClientInput{UserPoolId: aws.String(testPoolID), ClientId: aws.String(testClientID)})
	if err != nil {
		t.Fatal(err)
	}
	c := out.UserPoolClient
	if *c.ClientSecret != testSecret || *c.AccessTokenValidity != 300 || c.TokenValidityUnits.AccessToken != types.TimeUnitsTypeSeconds || !*c.AllowedOAuthFlowsUserPoolClient {
		t.Errorf("%+v", c)
	}
	if diff := cmp.Diff(pools[0].Clients[0].Scopes, c.AllowedOAuthScopes); diff != "" {
		t.Error(diff)
	}
}

func TestUserPoolClientRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Config{})
	const badFlow, badParameter = "InvalidOAuthFlowException", "InvalidParameterException"
	human := func(in *idp.CreateUserPoolClientInput) {
		in.AllowedOAuthFlows, in.CallbackURLs = []types.OAuthFlowType{types.OAuthFlowTypeCode}, []string{"https://example.com"}
	}
	tests := map[string]struct {
		change        func(in *idp.CreateUserPoolClientInput)
		code, message string
	}{
		"no pool":          {func(in *idp.CreateUserPoolClientInput) { in.UserPoolId = aws.String("a_1") }, "ResourceNotFoundException", "User pool a_1 does not exist."},
		"flows together":   {func(in *idp.CreateUserPoolClientInput) { in.AllowedOAuthFlows = append(in.AllowedOAuthFlows, "code") }, badFlow, messageFlowAndOthers},
		"no secret":        {func(in *idp.CreateUserPoolClientInput) { in.GenerateSecret = false }, badFlow, messageFlowWithoutSecret},
		"no callback":      {func(in *idp.CreateUserPoolClientInput) { human(in); in.CallbackURLs = nil }, badFlow, messageNoCallback},
		"openid":           {func(in *idp.CreateUserPoolClientInput) { in.AllowedOAuthScopes = []string{"openid"} }, badFlow, "openid is not supported with client_credentials flow"},
		"no flows":         {func(in *idp.CreateUserPoolClientInput) { in.AllowedOAuthFlows = nil }, badParameter, messageOAuthIncomplete},
		"no scopes":        {func(in *idp.CreateUserPoolClientInput) { in.AllowedOAuthScopes = nil }, badParameter, messageOAuthIncomplete},
		"unknown scope":    {func(in *idp.CreateUserPoolClientInput) { in.AllowedOAuthScopes = []string{"spillway/none"} }, "ScopeDoesNotExistException", "Invalid scope requested: spillway/none"},
		"no scope":         {func(in *idp.CreateUserPoolClientInput) { in.AllowedOAuthScopes = []string{"Cognito"} }, "ScopeDoesNotExistException", "Invalid scope requested: Cognito"},
		"too short":        {func(in *idp.CreateUserPoolClientInput) { validity(in, 299, types.TimeUnitsTypeSeconds) }, badParameter, messageValidity},
		"too long":         {func(in *idp.CreateUserPoolClientInput) { validity(in, 25, "") }, badParameter, messageValidity},
		"far too long":     {func(in *idp.CreateUserPoolClientInput) { validity(in, 86400, types.TimeUnitsTypeDays) }, badParameter, messageValidity},
		"refresh too long": {func(in *idp.CreateUserPoolClientInput) { in.RefreshTokenValidity = 3651 }, badParameter, messageValidity},
		"refresh short": {func(in *idp.CreateUserPoolClientInput) {
			validity(in, 1, "")
			in.RefreshTokenValidity, in.TokenValidityUnits.RefreshToken = 59, types.TimeUnitsTypeMinutes
		}, badParameter, messageValidity},
		"id too long": {func(in *idp.CreateUserPoolClientInput) { in.IdTokenValidity = aws.Int32(25) }, badParameter, messageValidity},
		"provider":    {func(in *idp.CreateUserPoolClientInput) { in.SupportedIdentityProviders = []string{"COGNITO", "Google"} }, badParameter, "The provider Google does not exist for User Pool " + testPoolID + "."},
		"redirect": {func(in *idp.CreateUserPoolClientInput) {
			human(in)
			in.DefaultRedirectURI = aws.String("https://other.example.com")
		}, badParameter, "DefaultRedirectURI must be in the CallbackURLs list."},
		"two secrets": {func(in *idp.CreateUserPoolClientInput) { in.ClientSecret = aws.String(testSecret) }, badParameter, "You cannot specify both GenerateSecret as true and provide a ClientSecret value."},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			in := machine("spillway/*")
			test.change(in)
			_, err := w.CreateUserPoolClient(t.Context(), in)
			wantError(t, err, test.code, test.message)
		})
	}
	if n := len(w.server.Pools()[0].Clients); n != 2 {
		t.Errorf("%d clients, want those of the configuration", n)
	}
}

func validity(in *idp.CreateUserPoolClientInput, n int32, unit types.TimeUnitsType) {
	in.AccessTokenValidity, in.TokenValidityUnits = aws.Int32(n), &types.TokenValidityUnitsType{AccessToken: unit}
}

func TestUserPoolClientLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Config{})
	full := *w.server.dir.pools[0]
	full.clients = make([]*client, maxClients)
	for i := range full.clients {
		full.clients[i] = &client{}
	}
	w.server.dir = &directory{[]*pool{&full}}
	_, err := w.CreateUserPoolClient(t.Context(), machine("spillway/*"))
	wantError(t, err, "LimitExceededException", "A user pool has at most 1000 app clients.")
}

// TestTokensOfOtherClients: what the token endpoint says to clients that are not for client credentials.
func TestTokensOfOtherClients(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Config{})
	public := w.createClient(t, &idp.CreateUserPoolClientInput{UserPoolId: aws.String(testPoolID), ClientName: aws.String("public")})
	if public.ClientSecret != nil || *public.AllowedOAuthFlowsUserPoolClient {
		t.Errorf("public client: %+v", public)
	}
	in := machine("spillway/*")
	in.AllowedOAuthFlowsUserPoolClient = false
	disabled := w.createClient(t, in)
	refusal(t, w.token(t, "/oauth2/token", *disabled.ClientId, *disabled.ClientSecret), errInvalidGrant)
	refusal(t, w.token(t, "/oauth2/token", *public.ClientId, ""), errInvalidGrant)
	refusal(t, w.token(t, "/oauth2/token", *public.ClientId, "guessed"), errInvalidClient)
	spa := w.createClient(t, &idp.CreateUserPoolClientInput{
		UserPoolId: aws.String(testPoolID), ClientName: aws.String("spa"), AllowedOAuthFlowsUserPoolClient: true, AllowedOAuthScopes: []string{"openid"},
		AllowedOAuthFlows: []types.OAuthFlowType{types.OAuthFlowTypeCode}, CallbackURLs: []string{"https://example.com"},
	})
	refusal(t, w.token(t, "/oauth2/token", *spa.ClientId, ""), errUnauthorizedClient)
	if got := w.token(t, "/oauth2/token", testClientID, ""); got.status != http.StatusBadRequest {
		t.Errorf("a confidential client without its secret: %d", got.status)
	}
}

func TestListUserPoolClients(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Config{})
	made := w.createClient(t, machine("spillway/*"))
	want := map[string]string{testClientID: "news", codeClientID: "site", *made.ClientId: "machine"}
	got := map[string]string{}
	pages := idp.NewListUserPoolClientsPaginator(w.Client, &idp.ListUserPoolClientsInput{UserPoolId: aws.String(testPoolID), MaxResults: aws.Int32(2)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range page.UserPoolClients {
			got[*c.ClientId] = *c.ClientName
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("clients (-want +got):\n%s", diff)
	}
}
