package mockcognito

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/google/go-cmp/cmp"
)

func TestUserPool(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Config{AccountID: "123456789012", Region: "eu-west-1"})
	made, err := w.CreateUserPool(t.Context(), &idp.CreateUserPoolInput{
		PoolName: aws.String("made"), DeletionProtection: types.DeletionProtectionTypeActive, UserPoolTags: map[string]string{"a": "b"},
		Schema:              []types.SchemaAttributeType{{Name: aws.String("shoe_size"), AttributeDataType: types.AttributeDataTypeNumber}, {Name: aws.String("email"), Required: aws.Bool(true)}},
		IssuerConfiguration: &types.IssuerConfigurationType{Type: types.IssuerTypeUpdated},
	})
	if err != nil {
		t.Fatal(err)
	}
	p := made.UserPool
	if !strings.HasPrefix(*p.Id, "eu-west-1_") || *p.Arn != "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/"+*p.Id {
		t.Errorf("id %s, ARN %s", *p.Id, *p.Arn)
	}
	if p.UserPoolTier != types.UserPoolTierTypeEssentials || *p.Policies.PasswordPolicy.MinimumLength != 8 || p.UserPoolTags["a"] != "b" || time.Since(*p.CreationDate) > time.Minute {
		t.Errorf("%+v", p)
	}
	if n := len(p.SchemaAttributes); n != 21 || *p.SchemaAttributes[20].Name != "custom:shoe_size" || !*p.SchemaAttributes[10].Required {
		t.Errorf("%d attributes", n)
	}
	if got := w.server.directory().pool(*p.Id).issuer(); got != "https://issuer-cognito-idp.eu-west-1.amazonaws.com/"+*p.Id {
		t.Errorf("issuer %s", got)
	}
	if got := get(t, w.url+"/"+*p.Id+"/.well-known/jwks.json"); got.status != http.StatusOK {
		t.Errorf("key set: %d", got.status)
	}
	deletes := &idp.DeleteUserPoolInput{UserPoolId: p.Id}
	_, err = w.DeleteUserPool(t.Context(), deletes)
	wantError(t, err, "InvalidParameterException", messageDeletionProtected)
	_, err = w.UpdateUserPool(t.Context(), &idp.UpdateUserPoolInput{UserPoolId: p.Id, PoolName: aws.String("renamed"), MfaConfiguration: types.UserPoolMfaTypeOptional})
	if err != nil {
		t.Fatal(err)
	}
	described, err := w.DescribeUserPool(t.Context(), &idp.DescribeUserPoolInput{UserPoolId: p.Id})
	if err != nil {
		t.Fatal(err)
	}
	p = described.UserPool
	if *p.Name != "renamed" || p.DeletionProtection != types.DeletionProtectionTypeInactive || p.MfaConfiguration != types.UserPoolMfaTypeOptional || len(p.SchemaAttributes) != 21 {
		t.Errorf("updated: %+v", p)
	}
	if _, err := w.DeleteUserPool(t.Context(), deletes); err != nil {
		t.Fatal(err)
	}
	_, err = w.DescribeUserPool(t.Context(), &idp.DescribeUserPoolInput{UserPoolId: p.Id})
	wantError(t, err, "ResourceNotFoundException", "User pool "+*p.Id+" does not exist.")
	_, err = w.DeleteUserPool(t.Context(), deletes)
	wantError(t, err, "ResourceNotFoundException", "User pool "+*p.Id+" does not exist.")
}

func TestListUserPools(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Config{})
	var got []string
	pages := idp.NewListUserPoolsPaginator(w.Client, &idp.ListUserPoolsInput{MaxResults: aws.Int32(1)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, *page.UserPools[0].Name)
	}
	if diff := cmp.Diff([]string{"other", "weather"}, got); diff != "" {
		t.Errorf("pools (-want +got):\n%s", diff)
	}
	_, err := w.ListUserPools(t.Context(), &idp.ListUserPoolsInput{MaxResults: aws.Int32(61)})
	wantError(t, err, "InvalidParameterException", "1 validation error detected: Value '61' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 60")
}

// TestAllByTheAPI begins with nothing and ends with a token.
func TestAllByTheAPI(t *testing.T) {
	t.Parallel()
	w := newEmptyWorld(t)
	if got := w.token(t, "/oauth2/token", "x", "y"); got.status != http.StatusNotFound {
		t.Errorf("token endpoint without a pool: %d", got.status)
	}
	pool, err := w.CreateUserPool(t.Context(), &idp.CreateUserPoolInput{PoolName: aws.String("weather")})
	if err != nil {
		t.Fatal(err)
	}
	id := pool.UserPool.Id
	if _, err := w.CreateUserPoolDomain(t.Context(), &idp.CreateUserPoolDomainInput{UserPoolId: id, Domain: aws.String("spillway")}); err != nil {
		t.Fatal(err)
	}
	server := solar("asteroids")
	server.UserPoolId = id
	if _, err := w.CreateResourceServer(t.Context(), server); err != nil {
		t.Fatal(err)
	}
	in := machine("https://sun.example.com/asteroids")
	in.UserPoolId = id
	c := w.createClient(t, in)
	for _, path := range []string{"/oauth2/token", "/spillway/oauth2/token"} {
		if got := w.token(t, path, *c.ClientId, *c.ClientSecret); got.status != http.StatusOK {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
}

func newEmptyWorld(t *testing.T) world {
	t.Helper()
	server, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	web := serveTest(t, server)
	return world{sdkClient(web), server, web.URL}
}

func TestUserPoolLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Config{})
	w.server.dir = &directory{make([]*pool, maxPools)}
	for i := range w.server.dir.pools {
		w.server.dir.pools[i] = &pool{id: "x_" + string(rune('a'+i))}
	}
	_, err := w.CreateUserPool(t.Context(), &idp.CreateUserPoolInput{PoolName: aws.String("made")})
	wantError(t, err, "LimitExceededException", "mockcognito has at most 20 user pools.")
}
