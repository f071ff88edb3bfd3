package mockcognito

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func ignoreSerde() cmp.Option {
	return cmpopts.IgnoreUnexported(types.ResourceServerType{}, types.ResourceServerScopeType{}, types.UserPoolClientDescription{})
}

func solar(scopes ...string) *idp.CreateResourceServerInput {
	in := &idp.CreateResourceServerInput{UserPoolId: aws.String(testPoolID), Identifier: aws.String("https://sun.example.com"), Name: aws.String("Solar system")}
	for _, name := range scopes {
		in.Scopes = append(in.Scopes, types.ResourceServerScopeType{ScopeName: aws.String(name), ScopeDescription: aws.String("The " + name)})
	}
	return in
}

func TestResourceServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Config{})
	in := solar("asteroids", "comets")
	made, err := w.CreateResourceServer(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	want := &types.ResourceServerType{UserPoolId: in.UserPoolId, Identifier: in.Identifier, Name: in.Name, Scopes: in.Scopes}
	if diff := cmp.Diff(want, made.ResourceServer, ignoreSerde()); diff != "" {
		t.Errorf("created (-want +got):\n%s", diff)
	}
	updated, err := w.UpdateResourceServer(t.Context(), &idp.UpdateResourceServerInput{UserPoolId: in.UserPoolId, Identifier: in.Identifier, Name: aws.String("Sun")})
	if err != nil {
		t.Fatal(err)
	}
	if *updated.ResourceServer.Name != "Sun" || len(updated.ResourceServer.Scopes) != 0 {
		t.Errorf("updated: %+v", updated.ResourceServer)
	}
	described, err := w.DescribeResourceServer(t.Context(), &idp.DescribeResourceServerInput{UserPoolId: in.UserPoolId, Identifier: in.Identifier})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(updated.ResourceServer, described.ResourceServer, ignoreSerde()); diff != "" {
		t.Errorf("described (-updated +described):\n%s", diff)
	}
	if _, err := w.DeleteResourceServer(t.Context(), &idp.DeleteResourceServerInput{UserPoolId: in.UserPoolId, Identifier: in.Identifier}); err != nil {
		t.Fatal(err)
	}
	_, err = w.DescribeResourceServer(t.Context(), &idp.DescribeResourceServerInput{UserPoolId: in.UserPoolId, Identifier: in.Identifier})
	wantError(t, err, "ResourceNotFoundException", "Resource server https://sun.example.com does not exist.")
}

func TestResourceServerRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Config{})
	in := solar("asteroids")
	if _, err := w.CreateResourceServer(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	_, err := w.CreateResourceServer(t.Context(), in)
	wantError(t, err, "InvalidParameterException", "https://sun.example.com already exists in user pool "+testPoolID+".")
	_, err = w.CreateResourceServer(t.Context(), solar("a", "a"))
	wantError(t, err, "InvalidParameterException", "Duplicate scope a in the request.")
	in.UserPoolId = aws.String("us-east-1_Nowhere")
	_, err = w.CreateResourceServer(t.Context(), in)
	wantError(t, err, "ResourceNotFoundException", "User pool us-east-1_Nowhere does not exist.")
	for i := range maxResourceServers - 3 {
		in := solar()
		in.Identifier = aws.String(fmt.Sprintf("server%d", i))
		if _, err := w.CreateResourceServer(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	in = solar()
	in.Identifier = aws.String("one too many")
	_, err = w.CreateResourceServer(t.Context(), in)
	wantError(t, err, "InvalidParameterException", `1 validation error detected: Value 'one too many' at 'identifier' failed to satisfy constraint: `+
		`Member must satisfy regular expression pattern: [\x21\x23-\x5B\x5D-\x7E]+`)
	in.Identifier = aws.String("oneTooMany")
	_, err = w.CreateResourceServer(t.Context(), in)
	wantError(t, err, "LimitExceededException", "A user pool has at most 25 resource servers.")
}

func TestListResourceServers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Config{})
	for i := range 5 {
		in := solar()
		in.Identifier = aws.String(fmt.Sprintf("server%d", i))
		if _, err := w.CreateResourceServer(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	pages := idp.NewListResourceServersPaginator(w.Client, &idp.ListResourceServersInput{UserPoolId: aws.String(testPoolID), MaxResults: aws.Int32(3)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(page.ResourceServers) > 3 {
			t.Errorf("a page of %d", len(page.ResourceServers))
		}
		for _, r := range page.ResourceServers {
			got = append(got, *r.Identifier)
		}
	}
	want := []string{"https://api.example.com/v1", "server0", "server1", "server2", "server3", "server4", "spillway"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("identifiers (-want +got):\n%s", diff)
	}
	_, err := w.ListResourceServers(t.Context(), &idp.ListResourceServersInput{UserPoolId: aws.String(testPoolID), NextToken: aws.String("?")})
	wantError(t, err, "InvalidParameterException", "Invalid pagination token.")
}

// TestDeletedScopes: https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-define-resource-servers.html
func TestDeletedScopes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Config{})
	in := solar("asteroids", "comets")
	if _, err := w.CreateResourceServer(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	c := w.createClient(t, machine("https://sun.example.com/asteroids", "https://sun.example.com/comets"))
	ask := func() answer { return w.token(t, "/oauth2/token", *c.ClientId, *c.ClientSecret) }
	if got := scopeOf(t, w, ask()); got != "https://sun.example.com/asteroids https://sun.example.com/comets" {
		t.Errorf("scope %q", got)
	}
	update := &idp.UpdateResourceServerInput{UserPoolId: in.UserPoolId, Identifier: in.Identifier, Name: in.Name, Scopes: in.Scopes[1:]}
	if _, err := w.UpdateResourceServer(t.Context(), update); err != nil {
		t.Fatal(err)
	}
	if got := scopeOf(t, w, ask()); got != "https://sun.example.com/comets" {
		t.Errorf("scope %q after one was deleted", got)
	}
	if _, err := w.DeleteResourceServer(t.Context(), &idp.DeleteResourceServerInput{UserPoolId: in.UserPoolId, Identifier: in.Identifier}); err != nil {
		t.Fatal(err)
	}
	refusal(t, ask(), errInvalidScope)
	described, err := w.DescribeUserPoolClient(t.Context(), &idp.DescribeUserPoolClientInput{UserPoolId: in.UserPoolId, ClientId: c.ClientId})
	if err != nil || len(described.UserPoolClient.AllowedOAuthScopes) != 2 {
		t.Errorf("the client keeps %v (%v), want both", described, err)
	}
}
