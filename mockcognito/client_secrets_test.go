package mockcognito

import (
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
)

// TestSecretRotation: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AddUserPoolClientSecret.html
func TestSecretRotation(t *testing.T) {
	t.Parallel()
	state := testStateFile(t)
	w := newWorld(t, Config{StateFile: state})
	pool, c := aws.String(testPoolID), w.createClient(t, machine("spillway/*"))
	works := func(secret string) bool {
		return w.token(t, "/oauth2/token", *c.ClientId, secret).status == http.StatusOK
	}
	added, err := w.AddUserPoolClientSecret(t.Context(), &idp.AddUserPoolClientSecretInput{UserPoolId: pool, ClientId: c.ClientId})
	if err != nil {
		t.Fatal(err)
	}
	second := *added.ClientSecretDescriptor.ClientSecretValue
	if !works(*c.ClientSecret) || !works(second) {
		t.Error("two secrets are active, and one does not work")
	}
	_, err = w.AddUserPoolClientSecret(t.Context(), &idp.AddUserPoolClientSecretInput{UserPoolId: pool, ClientId: c.ClientId})
	wantError(t, err, "LimitExceededException", "A user pool client has at most 2 active secrets.")
	listed, err := w.ListUserPoolClientSecrets(t.Context(), &idp.ListUserPoolClientSecretsInput{UserPoolId: pool, ClientId: c.ClientId})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range listed.ClientSecrets {
		if s.ClientSecretValue != nil || !strings.HasPrefix(*s.ClientSecretId, *c.ClientId+"--") {
			t.Errorf("listed: %s, and a value: %t", *s.ClientSecretId, s.ClientSecretValue != nil)
		}
	}
	if len(listed.ClientSecrets) != 2 || *listed.ClientSecrets[1].ClientSecretId != *added.ClientSecretDescriptor.ClientSecretId {
		t.Fatalf("listed: %+v", listed.ClientSecrets)
	}
	remove := func(id *string) error {
		_, err := w.DeleteUserPoolClientSecret(t.Context(), &idp.DeleteUserPoolClientSecretInput{UserPoolId: pool, ClientId: c.ClientId, ClientSecretId: id})
		return err
	}
	if err := remove(listed.ClientSecrets[0].ClientSecretId); err != nil {
		t.Fatal(err)
	}
	if works(*c.ClientSecret) || !works(second) {
		t.Error("after the first secret is deleted it is the second that works")
	}
	wantError(t, remove(listed.ClientSecrets[1].ClientSecretId), "InvalidParameterException", "The last client secret of a user pool client cannot be deleted.")
	wantError(t, remove(aws.String("none")), "ResourceNotFoundException", "Client secret none does not exist.")

	w = newWorld(t, Config{StateFile: state})
	if works(*c.ClientSecret) || !works(second) {
		t.Error("after a restart it is the second that works")
	}
}

func TestOwnSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Config{})
	in := &idp.AddUserPoolClientSecretInput{UserPoolId: aws.String(testPoolID), ClientId: aws.String(testClientID), ClientSecret: aws.String("my+own_secret_of_24_chars_")}
	added, err := w.AddUserPoolClientSecret(t.Context(), in)
	if err != nil || added.ClientSecretDescriptor.ClientSecretValue != nil {
		t.Errorf("%v; a secret that was given is not told again: %t", err, err == nil && added.ClientSecretDescriptor.ClientSecretValue == nil)
	}
	if got := w.token(t, "/oauth2/token", testClientID, *in.ClientSecret); got.status != http.StatusOK {
		t.Errorf("token: %d", got.status)
	}
	public := w.createClient(t, &idp.CreateUserPoolClientInput{UserPoolId: aws.String(testPoolID), ClientName: aws.String("public")})
	in.ClientId = public.ClientId
	_, err = w.AddUserPoolClientSecret(t.Context(), in)
	wantError(t, err, "InvalidParameterException", "User pool client "+*public.ClientId+" does not have a client secret.")
	in.ClientSecret = aws.String("short")
	_, err = w.AddUserPoolClientSecret(t.Context(), in)
	wantError(t, err, "InvalidParameterException", "1 validation error detected: Value at 'clientSecret' failed to satisfy constraint: Member must have length greater than or equal to 24")
}

// TestSecretRotationOfConfiguredClient: a generated secret is the file's until requests have replaced it.
func TestSecretRotationOfConfiguredClient(t *testing.T) {
	t.Parallel()
	pools := testPools()
	pools[0].Clients[0].Secret = ""
	cfg := Config{Pools: pools, StateFile: testStateFile(t)}
	w := newWorld(t, cfg)
	first := w.server.Pools()[0].Clients[0].Secret
	pool, id := aws.String(testPoolID), aws.String(testClientID)
	added, err := w.AddUserPoolClientSecret(t.Context(), &idp.AddUserPoolClientSecretInput{UserPoolId: pool, ClientId: id})
	if err != nil {
		t.Fatal(err)
	}
	w = newWorld(t, cfg)
	listed, err := w.ListUserPoolClientSecrets(t.Context(), &idp.ListUserPoolClientSecretsInput{UserPoolId: pool, ClientId: id})
	if err != nil || len(listed.ClientSecrets) != 2 {
		t.Fatalf("after a restart: %+v, %v", listed, err)
	}
	if _, err := w.DeleteUserPoolClientSecret(t.Context(), &idp.DeleteUserPoolClientSecretInput{UserPoolId: pool, ClientId: id, ClientSecretId: listed.ClientSecrets[0].ClientSecretId}); err != nil {
		t.Fatal(err)
	}
	w = newWorld(t, cfg)
	if got := w.server.Pools()[0].Clients[0].Secret; got != *added.ClientSecretDescriptor.ClientSecretValue || got == first {
		t.Error("after a restart the client has another secret than the one that was left")
	}
}
