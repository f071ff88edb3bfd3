package lambda_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/sandbox/lambda"
)

const functionARN = "arn:aws:lambda:us-east-1:000000000000:function:f"

// publish changes a function's WORD and publishes it.
func (s *setup) publish(t testing.TB, word string) string {
	t.Helper()
	if _, err := s.client.UpdateFunctionConfiguration(t.Context(), &awslambda.UpdateFunctionConfigurationInput{
		FunctionName: aws.String("f"), Environment: &types.Environment{Variables: map[string]string{"WORD": word, "NOTES": s.notes}},
	}); err != nil {
		t.Fatal(err)
	}
	out, err := s.client.PublishVersion(t.Context(), &awslambda.PublishVersionInput{FunctionName: aws.String("f"), Description: aws.String("says " + word)})
	if err != nil {
		t.Fatal(err)
	}
	return *out.Version
}

// word is the WORD of the version that answers, and which one that is.
func (s *setup) word(t testing.TB, name string) (word, version string) {
	t.Helper()
	out := s.invoke(t, name, `{"do":"environ"}`)
	var environ []string
	if err := json.Unmarshal(out.Payload, &environ); err != nil {
		t.Fatal(err, string(out.Payload))
	}
	for _, v := range environ {
		if w, ok := strings.CutPrefix(v, "WORD="); ok {
			word = w
		}
	}
	return word, *out.ExecutedVersion
}

func TestVersionsAndAliases(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	s.create(t, "f")
	if v := s.publish(t, "one"); v != "1" {
		t.Fatalf("version %s", v)
	}
	again, err := s.client.PublishVersion(t.Context(), &awslambda.PublishVersionInput{FunctionName: aws.String("f"), Description: aws.String("other")})
	if err != nil || *again.Version != "1" || *again.Description != "says one" {
		t.Errorf("published without a change: %+v, %v", again, err)
	}
	if v := s.publish(t, "two"); v != "2" {
		t.Fatalf("version %s", v)
	}
	s.publish(t, "three")
	alias, err := s.client.CreateAlias(t.Context(), &awslambda.CreateAliasInput{FunctionName: aws.String("f"), Name: aws.String("live"), FunctionVersion: aws.String("1")})
	if err != nil || *alias.AliasArn != functionARN+":live" || *alias.FunctionVersion != "1" || alias.RoutingConfig != nil {
		t.Fatalf("alias %+v, %v", alias, err)
	}
	for name, want := range map[string][2]string{
		"f": {"three", "$LATEST"}, "f:$LATEST": {"three", "$LATEST"}, "f:1": {"one", "1"}, functionARN + ":2": {"two", "2"}, "f:live": {"one", "1"},
	} {
		if word, version := s.word(t, name); word != want[0] || version != want[1] {
			t.Errorf("%s answers %s of version %s, want %v", name, word, version, want)
		}
	}
	if a := s.about(t, "f:live"); a.ARN != functionARN+":live" {
		t.Errorf("invoked as %s", a.ARN)
	}
	got, err := s.client.GetFunctionConfiguration(t.Context(), &awslambda.GetFunctionConfigurationInput{FunctionName: aws.String("f"), Qualifier: aws.String("live")})
	if err != nil || *got.FunctionArn != functionARN+":live" || *got.Version != "1" || *got.Description != "says one" {
		t.Errorf("as its alias: %+v, %v", got, err)
	}
	// All invocations go to the additional version at weight 1, and none at weight 0.
	for weight, want := range map[float64]string{1: "two", 0: "one"} {
		alias, err := s.client.UpdateAlias(t.Context(), &awslambda.UpdateAliasInput{
			FunctionName: aws.String("f"), Name: aws.String("live"), RoutingConfig: &types.AliasRoutingConfiguration{AdditionalVersionWeights: map[string]float64{"2": weight}},
		})
		if err != nil || alias.RoutingConfig.AdditionalVersionWeights["2"] != weight {
			t.Fatalf("alias %+v, %v", alias, err)
		}
		if word, _ := s.word(t, "f:live"); word != want {
			t.Errorf("at weight %v %s answers", weight, word)
		}
	}
	if _, err := s.client.UpdateAlias(t.Context(), &awslambda.UpdateAliasInput{
		FunctionName: aws.String("f"), Name: aws.String("live"), RoutingConfig: &types.AliasRoutingConfiguration{AdditionalVersionWeights: map[string]float64{"2": 0.5}},
	}); err != nil {
		t.Fatal(err)
	}
	_, err = s.client.DeleteFunction(t.Context(), &awslambda.DeleteFunctionInput{FunctionName: aws.String("f"), Qualifier: aws.String("2")})
	wantError(t, err, "ResourceConflictException", "Unable to delete version because the following aliases reference it: [live]")
	if _, err := s.client.DeleteAlias(t.Context(), &awslambda.DeleteAliasInput{FunctionName: aws.String("f"), Name: aws.String("live")}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.client.DeleteFunction(t.Context(), &awslambda.DeleteFunctionInput{FunctionName: aws.String("f"), Qualifier: aws.String("2")}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"$LATEST", "1", "3"}, s.versions(t)); diff != "" {
		t.Error(diff)
	}
	if v := s.publish(t, "four"); v != "4" {
		t.Errorf("version %s: numbers are not used again", v)
	}
	all, err := s.client.ListFunctions(t.Context(), &awslambda.ListFunctionsInput{FunctionVersion: types.FunctionVersionAll})
	if err != nil || len(all.Functions) != 4 || *all.Functions[1].FunctionArn != functionARN+":1" {
		t.Errorf("all versions of all functions: %+v, %v", all, err)
	}
}

// versions lists the versions of a function page by page.
func (s *setup) versions(t testing.TB) []string {
	t.Helper()
	var got []string
	pages := awslambda.NewListVersionsByFunctionPaginator(s.client, &awslambda.ListVersionsByFunctionInput{FunctionName: aws.String("f"), MaxItems: aws.Int32(2)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range page.Versions {
			got = append(got, *v.Version)
		}
	}
	return got
}

func TestListAliases(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	s.create(t, "f", func(in *awslambda.CreateFunctionInput) { in.Publish = true })
	for _, name := range []string{"c", "a", "b"} {
		version := "1"
		if name == "b" {
			version = "$LATEST"
		}
		if _, err := s.client.CreateAlias(t.Context(), &awslambda.CreateAliasInput{FunctionName: aws.String("f"), Name: &name, FunctionVersion: &version}); err != nil {
			t.Fatal(err)
		}
	}
	for version, want := range map[string][]string{"": {"a", "b", "c"}, "1": {"a", "c"}} {
		var got []string
		in := &awslambda.ListAliasesInput{FunctionName: aws.String("f"), MaxItems: aws.Int32(1)}
		if version != "" {
			in.FunctionVersion = &version
		}
		pages := awslambda.NewListAliasesPaginator(s.client, in)
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range page.Aliases {
				got = append(got, *a.Name)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("version %q: %s", version, diff)
		}
	}
}

func TestVersionsRefuse(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	s.create(t, "f", func(in *awslambda.CreateFunctionInput) { in.Publish = true })
	alias := func(name, version string, weights map[string]float64) error {
		in := &awslambda.CreateAliasInput{FunctionName: aws.String("f"), Name: &name, FunctionVersion: &version}
		if weights != nil {
			in.RoutingConfig = &types.AliasRoutingConfiguration{AdditionalVersionWeights: weights}
		}
		_, err := s.client.CreateAlias(t.Context(), in)
		return err
	}
	if err := alias("taken", "1", nil); err != nil {
		t.Fatal(err)
	}
	publish := func(in awslambda.PublishVersionInput) error {
		in.FunctionName = aws.String("f")
		_, err := s.client.PublishVersion(t.Context(), &in)
		return err
	}
	remove := func(qualifier string) error {
		_, err := s.client.DeleteFunction(t.Context(), &awslambda.DeleteFunctionInput{FunctionName: aws.String("f"), Qualifier: &qualifier})
		return err
	}
	_, noAlias := s.client.GetAlias(t.Context(), &awslambda.GetAliasInput{FunctionName: aws.String("f"), Name: aws.String("none")})
	_, noVersion := s.client.Invoke(t.Context(), &awslambda.InvokeInput{FunctionName: aws.String("f"), Qualifier: aws.String("7")})
	_, stale := s.client.UpdateAlias(t.Context(), &awslambda.UpdateAliasInput{FunctionName: aws.String("f"), Name: aws.String("taken"), RevisionId: aws.String("x")})
	_, update := s.client.UpdateFunctionConfiguration(t.Context(), &awslambda.UpdateFunctionConfigurationInput{FunctionName: aws.String("f:1"), Timeout: aws.Int32(1)})
	tests := map[string]struct {
		err  error
		code string
		text string
	}{
		"alias name":       {alias("12", "1", nil), "ValidationException", "name"},
		"alias taken":      {alias("taken", "1", nil), "ResourceConflictException", "Alias already exists: " + functionARN + ":taken"},
		"alias version":    {alias("a", "x", nil), "ValidationException", "functionVersion"},
		"alias nowhere":    {alias("a", "7", nil), "ResourceNotFoundException", "Function not found: " + functionARN + ":7"},
		"weight":           {alias("a", "1", map[string]float64{"2": 2}), "InvalidParameterValueException", "weight"},
		"weight of latest": {alias("a", "$LATEST", map[string]float64{"1": 0.5}), "InvalidParameterValueException", "$LATEST is not supported for an alias pointing to more than 1 version"},
		"weight twice":     {alias("a", "1", map[string]float64{"1": 0.5}), "InvalidParameterValueException", "already included"},
		"weight nowhere":   {alias("a", "1", map[string]float64{"7": 0.5}), "ResourceNotFoundException", functionARN + ":7"},
		"three versions":   {alias("a", "1", map[string]float64{"2": 0.5, "3": 0.1}), "InvalidParameterValueException", "AdditionalVersionWeights"},
		"no alias":         {noAlias, "ResourceNotFoundException", "Cannot find alias arn: " + functionARN + ":none"},
		"stale alias":      {stale, "PreconditionFailedException", "Revision Id"},
		"no version":       {noVersion, "ResourceNotFoundException", "Function not found: " + functionARN + ":7"},
		"delete latest":    {remove("$LATEST"), "InvalidParameterValueException", "$LATEST version cannot be deleted"},
		"delete alias":     {remove("taken"), "ValidationException", "qualifier"},
		"update version":   {update, "InvalidParameterValueException", "permitted on Lambda functions only"},
		"code changed":     {publish(awslambda.PublishVersionInput{CodeSha256: aws.String("x")}), "InvalidParameterValueException", "CodeSHA256 (x) is different"},
		"stale publisher":  {publish(awslambda.PublishVersionInput{RevisionId: aws.String("x")}), "PreconditionFailedException", "Revision Id"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { wantError(t, tt.err, tt.code, tt.text) })
	}
}

func TestPolicy(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	s.create(t, "f", func(in *awslambda.CreateFunctionInput) { in.Publish = true })
	add := func(change func(*awslambda.AddPermissionInput)) error {
		in := &awslambda.AddPermissionInput{
			FunctionName: aws.String("f"), StatementId: aws.String("s3"), Action: aws.String("lambda:InvokeFunction"), Principal: aws.String("s3.amazonaws.com"),
		}
		change(in)
		_, err := s.client.AddPermission(t.Context(), in)
		return err
	}
	for _, change := range []func(*awslambda.AddPermissionInput){
		func(in *awslambda.AddPermissionInput) {
			in.SourceArn, in.SourceAccount = aws.String("arn:aws:s3:::b"), aws.String("000000000000")
		},
		func(in *awslambda.AddPermissionInput) {
			in.StatementId, in.Principal = aws.String("account"), aws.String("111111111111")
		},
		func(in *awslambda.AddPermissionInput) {
			in.StatementId, in.Principal, in.Qualifier = aws.String("all"), aws.String("*"), aws.String("1")
		},
	} {
		if err := add(change); err != nil {
			t.Fatal(err)
		}
	}
	wantError(t, add(func(*awslambda.AddPermissionInput) {}), "ResourceConflictException", "The statement id (s3) provided already exists")
	wantError(t, add(func(in *awslambda.AddPermissionInput) { in.Qualifier = aws.String("$LATEST") }), "InvalidParameterValueException", "$LATEST")
	wantError(t, add(func(in *awslambda.AddPermissionInput) { in.Principal = aws.String("me") }), "InvalidParameterValueException", "principal")
	out, err := s.client.GetPolicy(t.Context(), &awslambda.GetPolicyInput{FunctionName: aws.String("f")})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"Version":"2012-10-17","Id":"default","Statement":[` +
		`{"Sid":"s3","Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Action":"lambda:InvokeFunction","Resource":"` + functionARN +
		`","Condition":{"ArnLike":{"AWS:SourceArn":"arn:aws:s3:::b"},"StringEquals":{"AWS:SourceAccount":"000000000000"}}},` +
		`{"Sid":"account","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"},"Action":"lambda:InvokeFunction","Resource":"` + functionARN + `"}]}`
	if diff := cmp.Diff(want, *out.Policy); diff != "" {
		t.Error(diff)
	}
	if out, err = s.client.GetPolicy(t.Context(), &awslambda.GetPolicyInput{FunctionName: aws.String("f"), Qualifier: aws.String("1")}); err != nil || !strings.Contains(*out.Policy, `"Principal":"*"`) {
		t.Errorf("policy of a version: %+v, %v", out, err)
	}
	for _, id := range []string{"s3", "account"} {
		if _, err := s.client.RemovePermission(t.Context(), &awslambda.RemovePermissionInput{FunctionName: aws.String("f"), StatementId: &id}); err != nil {
			t.Fatal(err)
		}
	}
	_, err = s.client.RemovePermission(t.Context(), &awslambda.RemovePermissionInput{FunctionName: aws.String("f"), StatementId: aws.String("s3")})
	wantError(t, err, "ResourceNotFoundException", "Statement s3 is not found in resource policy.")
	_, err = s.client.GetPolicy(t.Context(), &awslambda.GetPolicyInput{FunctionName: aws.String("f")})
	wantError(t, err, "ResourceNotFoundException", "The resource you requested does not exist.")
}

func TestAccount(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	created := s.create(t, "f", func(in *awslambda.CreateFunctionInput) { in.Publish = true })
	reserve := func(n int32) error {
		_, err := s.client.PutFunctionConcurrency(t.Context(), &awslambda.PutFunctionConcurrencyInput{FunctionName: aws.String("f"), ReservedConcurrentExecutions: &n})
		return err
	}
	wantError(t, reserve(901), "InvalidParameterValueException", "UnreservedConcurrentExecution below its minimum value of [100]")
	if err := reserve(900); err != nil {
		t.Fatal(err)
	}
	out, err := s.client.GetAccountSettings(t.Context(), &awslambda.GetAccountSettingsInput{})
	if err != nil {
		t.Fatal(err)
	}
	if l, u := out.AccountLimit, out.AccountUsage; l.ConcurrentExecutions != 1000 || *l.UnreservedConcurrentExecutions != 100 || l.CodeSizeUnzipped != 262144000 ||
		u.FunctionCount != 1 || u.TotalCodeSize != 2*created.CodeSize {
		t.Errorf("limit %+v, usage %+v", l, u)
	}
}

// The location of the code is a URL where it is.
func TestCodeLocation(t *testing.T) {
	t.Parallel()
	s := newSetup(t, func(c *lambda.Config) { c.Endpoint = "http://sandbox" })
	s.create(t, "f")
	got, err := s.client.GetFunction(t.Context(), &awslambda.GetFunctionInput{FunctionName: aws.String("f")})
	if err != nil {
		t.Fatal(err)
	}
	get := func(url string) (int, []byte) {
		t.Helper()
		resp, err := http.Get(strings.Replace(url, "http://sandbox", s.url, 1))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, body
	}
	want, err := functionZip()
	if err != nil {
		t.Fatal(err)
	}
	if status, body := get(*got.Code.Location); status != http.StatusOK || string(body) != string(want) {
		t.Errorf("%s: status %d, %d bytes, want %d", *got.Code.Location, status, len(body), len(want))
	}
	for _, name := range []string{"..%2f..%2fnotes", "other.zip", "..zip"} {
		if status, _ := get("http://sandbox/2015-03-31/function-archives/" + name); status != http.StatusNotFound {
			t.Errorf("%s: status %d", name, status)
		}
	}
}
