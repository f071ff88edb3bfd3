package sandbox

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/mockcognito"
)

// userPools starts a user pool service without pools and returns its URL.
func userPools(t *testing.T) string {
	t.Helper()
	server, err := mockcognito.New(mockcognito.Config{})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(server)
	t.Cleanup(web.Close)
	return web.URL
}

const poolTemplate = `
Parameters:
  Scope: {Type: String, Default: weather.us.ny}
  Minutes: {Type: Number, Default: 60}
Resources:
  Pool: {Type: AWS::Cognito::UserPool, Properties: {AdminCreateUserConfig: {AllowAdminCreateUserOnly: true}}}
  Domain: {Type: AWS::Cognito::UserPoolDomain, Properties: {UserPoolId: !Ref Pool, Domain: news}}
  Scopes:
    Type: AWS::Cognito::UserPoolResourceServer
    Properties: {UserPoolId: !Ref Pool, Identifier: spillway, Name: spillway, Scopes: [{ScopeName: !Ref Scope, ScopeDescription: reads}]}
  Client:
    Type: AWS::Cognito::UserPoolClient
    DependsOn: Scopes
    Properties:
      UserPoolId: !Ref Pool
      ClientName: channel
      GenerateSecret: true
      AllowedOAuthFlowsUserPoolClient: true
      AllowedOAuthFlows: [client_credentials]
      AllowedOAuthScopes: [!Sub "spillway/${Scope}"]
      AccessTokenValidity: !Ref Minutes
      TokenValidityUnits: {AccessToken: minutes}
Outputs:
  Pool: {Value: !Ref Pool}
  Issuer: {Value: !GetAtt Pool.ProviderURL}
  Client: {Value: !Ref Client}
  Secret: {Value: !GetAtt Client.ClientSecret}
  Name: {Value: !GetAtt Client.Name}
  Domain: {Value: !Ref Domain}
`

// token asks the domain's token endpoint for a token, and returns its scope and how long it is good for.
func token(t *testing.T, pools string, outputs map[string]string) (scope string, seconds int) {
	t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, pools+"/"+outputs["Domain"]+"/oauth2/token", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(outputs["Client"], outputs["Secret"])
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int    `json:"expires_in"`
		Error       string `json:"error"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || answer.Error != "" {
		t.Fatalf("no token: status %d, error %q %v", resp.StatusCode, answer.Error, err)
	}
	return claims(t, answer.AccessToken, outputs["Issuer"])["scope"].(string), answer.ExpiresIn
}

// TestCognitoResources: a client of a template gets a token with its scopes; updates and the deletion arrive, too.
func TestCognitoResources(t *testing.T) {
	pools := userPools(t)
	_, cfg, stop := started(t, Config{StateDir: t.TempDir(), Cognito: pools})
	t.Cleanup(stop)
	d := deploying(t, cfg, "tokens")
	outputs := d.create(poolTemplate, nil)
	if !strings.HasPrefix(outputs["Pool"], "us-east-1_") || outputs["Name"] != "channel" ||
		outputs["Issuer"] != "https://cognito-idp.us-east-1.amazonaws.com/"+outputs["Pool"] {
		t.Errorf("outputs: %v", outputs)
	}
	if scope, seconds := token(t, pools, outputs); scope != "spillway/weather.us.ny" || seconds != 3600 {
		t.Errorf("a token for %s, good for %d s", scope, seconds)
	}
	updated := d.update(poolTemplate, map[string]string{"Scope": "weather.us.>", "Minutes": "5"})
	if diff := cmp.Diff(outputs, updated); diff != "" {
		t.Errorf("an update changes credentials:\n%s", diff)
	}
	if scope, seconds := token(t, pools, outputs); scope != "spillway/weather.us.>" || seconds != 300 {
		t.Errorf("after the update a token for %s, good for %d s", scope, seconds)
	}
	idp := cognitoidentityprovider.NewFromConfig(cfg) // at the sandbox's own endpoint
	count := func() int {
		t.Helper()
		list, err := idp.ListUserPools(t.Context(), &cognitoidentityprovider.ListUserPoolsInput{MaxResults: aws.Int32(10)})
		if err != nil {
			t.Fatal(err)
		}
		return len(list.UserPools)
	}
	if n := count(); n != 1 {
		t.Errorf("%d pools: want 1", n)
	}
	d.delete()
	if n := count(); n != 0 {
		t.Errorf("%d pools are left", n)
	}
}

// TestCognitoTemplate: each customer of the production template gets tokens for what it was granted.
func TestCognitoTemplate(t *testing.T) {
	pools := userPools(t)
	_, cfg, stop := started(t, Config{StateDir: t.TempDir(), Cognito: pools})
	t.Cleanup(stop)
	d := deploying(t, cfg, "tokens")
	outputs := d.create(templateText(t, "cognito.yaml"), map[string]string{
		"Customers": "news,institute", "Grants": "news=weather.us.ny weather.us.nj;institute=weather.us.>", "Patterns": "weather.us.ny,weather.us.nj,weather.us.>",
	})
	idp, ids := cognitoidentityprovider.NewFromConfig(cfg), d.physical()
	got := map[string]string{}
	for _, name := range []string{"Clientnews", "Clientinstitute", "OperatorClient"} {
		client, err := idp.DescribeUserPoolClient(t.Context(), &cognitoidentityprovider.DescribeUserPoolClientInput{
			UserPoolId: aws.String(outputs["UserPoolId"]), ClientId: aws.String(ids[name]),
		})
		if err != nil {
			t.Fatal(err)
		}
		got[name], _ = token(t, pools, map[string]string{
			"Domain": ids["Domain"], "Client": ids[name], "Secret": *client.UserPoolClient.ClientSecret, "Issuer": outputs["Issuer"],
		})
	}
	want := map[string]string{
		"Clientnews": "spillway/weather.us.ny spillway/weather.us.nj", "Clientinstitute": "spillway/weather.us.>", "OperatorClient": "spillway/$spillway.>",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("scopes of tokens (-want +got):\n%s", diff)
	}
	if outputs["UserPoolClientId"] != ids["OperatorClient"] || outputs["DomainEndpoint"] != "https://"+ids["Domain"]+".auth.us-east-1.amazoncognito.com/oauth2/token" {
		t.Errorf("outputs: %v", outputs)
	}
}

// TestCognitoRefusal: what the service refuses is why the stack fails, with its words.
func TestCognitoRefusal(t *testing.T) {
	_, cfg, stop := started(t, Config{StateDir: t.TempDir(), Cognito: userPools(t)})
	t.Cleanup(stop)
	d := deploying(t, cfg, "tokens")
	d.fails(strings.Replace(poolTemplate, `"spillway/${Scope}"`, `"spillway/other.${Scope}"`, 1), "Client: Resource handler returned message: \"Invalid scope requested")
}

// TestCognitoByCLI: the AWS CLI finds pools at the sandbox's endpoint.
func TestCognitoByCLI(t *testing.T) {
	cli, err := exec.LookPath("aws")
	if err != nil {
		t.Skip("the AWS CLI is not installed: CI runs this test")
	}
	s, cfg, stop := started(t, Config{StateDir: t.TempDir(), Cognito: userPools(t)})
	t.Cleanup(stop)
	outputs := deploying(t, cfg, "tokens").create(poolTemplate, nil)
	got := runCLI(t, cli, s.cfg.Endpoint, "cognito-idp", "list-user-pools", "--max-results", "5", "--query", "UserPools[].Id", "--output", "text")
	if got != outputs["Pool"] {
		t.Errorf("the CLI lists %q: want %s", got, outputs["Pool"])
	}
}
