package schema

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func parse(t testing.TB, body string) map[string]any {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(body))
	dec.UseNumber()
	var out map[string]any
	if err := dec.Decode(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

func operation(t testing.TB, name string) *Operation {
	t.Helper()
	op, ok := New().Operation(name)
	if !ok {
		t.Fatalf("no operation %s", name)
	}
	return op
}

func TestRead(t *testing.T) {
	t.Parallel()
	got, err := operation(t, "CreateUserPoolClient").Read(parse(t, `{"UserPoolId":"p","clientname":"other case","X":1,"ClientName":null,
		"AccessTokenValidity":5,"GenerateSecret":true,"TokenValidityUnits":{"AccessToken":"minutes","Y":2},"AllowedOAuthScopes":["a",null,"b"]}`))
	if err != nil {
		t.Fatal(err)
	}
	want := Fields{
		"UserPoolId": "p", "AccessTokenValidity": int64(5), "GenerateSecret": true,
		"TokenValidityUnits": Fields{"AccessToken": "minutes"}, "AllowedOAuthScopes": []any{"a", "b"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Read (-want +got):\n%s", diff)
	}
}

func TestReadRefusesTypes(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"ClientName":1}`:                         "NUMBER_VALUE can not be converted to an String",
		`{"ClientName":true}`:                      "TRUE_VALUE can not be converted to an String",
		`{"ClientName":[]}`:                        "Start of list found where not expected",
		`{"ClientName":{}}`:                        "Start of structure or map found where not expected.",
		`{"AccessTokenValidity":"5"}`:              "STRING_VALUE can not be converted to an Integer",
		`{"AccessTokenValidity":1e99}`:             "NUMBER_VALUE can not be converted to an Integer",
		`{"AllowedOAuthScopes":"a"}`:               "Unexpected value found where a list, map or structure is expected",
		`{"AllowedOAuthScopes":[["a"]]}`:           "Start of list found where not expected",
		`{"TokenValidityUnits":{"AccessToken":1}}`: "NUMBER_VALUE can not be converted to an String",
	} {
		_, err := operation(t, "CreateUserPoolClient").Read(parse(t, body))
		var wrong *TypeError
		if !errors.As(err, &wrong) || wrong.Error() != want {
			t.Errorf("%s: %v, want %s", body, err, want)
		}
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	const poolRule = `failed to satisfy constraint: Member must satisfy regular expression pattern: [\w-]+_[0-9a-zA-Z]+`
	tests := map[string]struct{ operation, body, want string }{
		"nothing wrong": {"DescribeUserPool", `{"UserPoolId":"us-east-1_Abc"}`, ""},
		"missing":       {"DescribeUserPool", `{}`, "1 validation error detected: Value null at 'userPoolId' failed to satisfy constraint: Member must not be null"},
		"pattern":       {"DescribeUserPool", `{"UserPoolId":"pool"}`, "1 validation error detected: Value 'pool' at 'userPoolId' " + poolRule},
		"two": {
			"ListUserPoolClients", `{"UserPoolId":"pool","MaxResults":61}`,
			"2 validation errors detected: Value 'pool' at 'userPoolId' " + poolRule +
				"; Value '61' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 60",
		},
		"below": {"ListUserPools", `{"MaxResults":0}`, "1 validation error detected: Value '0' at 'maxResults' failed to satisfy constraint: Member must have value greater than or equal to 1"},
		"enum in a list, as in aws-cloudformation-user-guide issue 563": {
			"CreateUserPoolClient", `{"UserPoolId":"a_1","ClientName":"c","AllowedOAuthFlows":["code","token"]}`,
			"1 validation error detected: Value '[code, token]' at 'allowedOAuthFlows' failed to satisfy constraint: " +
				"Member must satisfy constraint: [Member must satisfy enum value set: [implicit, client_credentials, code]]",
		},
		"secret": {
			"AddUserPoolClientSecret", `{"UserPoolId":"a_1","ClientId":"c","ClientSecret":"tell-nobody"}`,
			`2 validation errors detected: Value at 'clientSecret' failed to satisfy constraint: Member must have length greater than or equal to 24; ` +
				`Value at 'clientSecret' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+]+`,
		},
		"structure in a list": {
			"CreateResourceServer", `{"UserPoolId":"a_1","Identifier":"i","Name":"n","Scopes":[{"ScopeName":"a/b"}]}`,
			`2 validation errors detected: Value 'a/b' at 'scopes.1.member.scopeName' failed to satisfy constraint: Member must satisfy regular expression pattern: ` +
				`[\x21\x23-\x2E\x30-\x5B\x5D-\x7E]+; Value null at 'scopes.1.member.scopeDescription' failed to satisfy constraint: Member must not be null`,
		},
		"map": {
			"TagResource", `{"ResourceArn":"arn:aws:cognito-idp:us-east-1:0:userpool/p","Tags":{"":"v"}}`,
			"1 validation error detected: Value '{=v}' at 'tags' failed to satisfy constraint: Map keys must satisfy constraint: " +
				"[Member must have length less than or equal to 128, Member must have length greater than or equal to 1]",
		},
		"nested": {
			"CreateUserPool", `{"PoolName":"p","Policies":{"PasswordPolicy":{"MinimumLength":5}}}`,
			"1 validation error detected: Value '5' at 'policies.passwordPolicy.minimumLength' failed to satisfy constraint: Member must have value greater than or equal to 6",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			op := operation(t, test.operation)
			in, err := op.Read(parse(t, test.body))
			if err != nil {
				t.Fatal(err)
			}
			if got := op.Validate(in); got != test.want {
				t.Errorf("Validate:\n%s\nwant:\n%s", got, test.want)
			}
		})
	}
}

func TestValidateIsBounded(t *testing.T) {
	t.Parallel()
	op := operation(t, "CreateResourceServer")
	scopes := strings.Repeat(`{"ScopeName":"`+strings.Repeat("€", 5000)+`","ScopeDescription":"d"},`, 50)
	in, err := op.Read(parse(t, `{"Scopes":[`+strings.TrimSuffix(scopes, ",")+`]}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := op.Validate(in); len(got) > 10*1024 || strings.Count(got, "Value") != maxFaults {
		t.Errorf("%d bytes, %d faults", len(got), strings.Count(got, "Value"))
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	table := New()
	if len(table.Names()) != 25 {
		t.Errorf("%d operations", len(table.Names()))
	}
	if !table.Unserved("AdminCreateUser") || table.Unserved("CreateUserPool") || table.Unserved("Nothing") {
		t.Error("Unserved does not know the API")
	}
	if _, ok := table.Operation("AdminCreateUser"); ok {
		t.Error("AdminCreateUser is served")
	}
}

func FuzzReadAndValidate(f *testing.F) {
	f.Add("CreateUserPoolClient", `{"UserPoolId":"a_1","AllowedOAuthScopes":["x"],"TokenValidityUnits":{}}`)
	f.Add("CreateUserPool", `{"PoolName":"\ud800","Schema":[{"Name":"a"}],"UserPoolTags":{"a":"b"}}`)
	f.Add("TagResource", `{"Tags":{"":null}}`)
	table := New()
	f.Fuzz(func(t *testing.T, name, body string) {
		op, ok := table.Operation(name)
		dec := json.NewDecoder(strings.NewReader(body))
		dec.UseNumber()
		var raw map[string]any
		if !ok || dec.Decode(&raw) != nil {
			return
		}
		in, err := op.Read(raw)
		if err != nil {
			return
		}
		if message := op.Validate(in); len(message) > 64<<10 {
			t.Errorf("a message of %d bytes", len(message))
		}
	})
}
