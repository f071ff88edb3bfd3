package mockcognito

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/google/go-cmp/cmp"
)

const reservedText = `
reserved:
  pool_id: us-east-1_Reserved1
  clients: [{name: machine, id: 1h57kf5cpq17m0eml12example, secret: 9example87654321secret00}]
`

// What is reserved goes to the first that is made, and to the next one once that is deleted.
func TestReserved(t *testing.T) {
	t.Parallel()
	cfg, err := ParseConfig([]byte(reservedText))
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, cfg)
	pool := func() string {
		t.Helper()
		out, err := w.CreateUserPool(t.Context(), &idp.CreateUserPoolInput{PoolName: aws.String("any")})
		if err != nil {
			t.Fatal(err)
		}
		return *out.UserPool.Id
	}
	id := pool()
	if want := cfg.Reserved.PoolID; id != want {
		t.Fatalf("pool %s, want %s", id, want)
	}
	client := func(pool, name string) [2]string {
		t.Helper()
		in := &idp.CreateUserPoolClientInput{UserPoolId: &pool, ClientName: &name, GenerateSecret: true}
		c := w.createClient(t, in)
		return [2]string{*c.ClientId, *c.ClientSecret}
	}
	want := [2]string{cfg.Reserved.Clients[0].ID, cfg.Reserved.Clients[0].Secret}
	if got := client(id, "machine"); got != want {
		t.Errorf("client %v, want %v", got, want)
	}
	other := pool()
	if other == id {
		t.Fatal("two pools have one id")
	}
	for _, tt := range []struct{ pool, name string }{{id, "machine"}, {id, "stranger"}, {other, "machine"}} {
		if got := client(tt.pool, tt.name); got[0] == want[0] || got[1] == want[1] {
			t.Errorf("client %s of %s has what is reserved", tt.name, tt.pool)
		}
	}
	if _, err := w.DeleteUserPoolClient(t.Context(), &idp.DeleteUserPoolClientInput{UserPoolId: &id, ClientId: &want[0]}); err != nil {
		t.Fatal(err)
	}
	if got := client(id, "machine"); got != want {
		t.Errorf("client %v after the deletion of the first, want %v", got, want)
	}
}

func TestReservedMistakes(t *testing.T) {
	t.Parallel()
	_, err := ParseConfig([]byte("reserved: {pool_id: x, clients: [{name: a, id: \"a-b\", secret: c}, {name: a, id: d, secret: 9example87654321secret00}]}\n"))
	var mistakes *ConfigError
	if !errors.As(err, &mistakes) {
		t.Fatalf("%v, want mistakes", err)
	}
	var paths []string
	for _, p := range mistakes.Problems {
		path, _, _ := strings.Cut(p, ":")
		paths = append(paths, path)
	}
	want := []string{"reserved.pool_id", "reserved.clients[0].id", "reserved.clients[0].secret", "reserved.clients[1].name"}
	if diff := cmp.Diff(want, paths); diff != "" {
		t.Errorf("mistakes (-want +got):\n%s\n%v", diff, err)
	}
}
