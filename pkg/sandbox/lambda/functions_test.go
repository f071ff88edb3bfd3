package lambda_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/google/go-cmp/cmp"
)

func TestFunctionLifeCycle(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	code, err := functionZip()
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(code)
	created := s.create(t, "f", func(in *awslambda.CreateFunctionInput) {
		in.Code = &types.FunctionCode{ZipFile: code} // inline, unlike the other tests
		in.Timeout = nil
		in.Tags = map[string]string{"team": "weather"}
		in.VpcConfig = &types.VpcConfig{SubnetIds: []string{"subnet-1"}, SecurityGroupIds: []string{"sg-1"}}
	})
	if created.State != types.StatePending || aws.ToString(created.StateReason) != "The function is being created." ||
		created.StateReasonCode != types.StateReasonCodeCreating {
		t.Errorf("created in state %s (%s)", created.State, aws.ToString(created.StateReason))
	}
	got, err := s.client.GetFunction(t.Context(), &awslambda.GetFunctionInput{FunctionName: aws.String("arn:aws:lambda:us-east-1:000000000000:function:f")})
	if err != nil {
		t.Fatal(err)
	}
	c := got.Configuration
	if c.State != types.StateActive || c.LastUpdateStatus != types.LastUpdateStatusSuccessful || *c.Timeout != 3 || *c.MemorySize != 128 ||
		*c.CodeSha256 != base64.StdEncoding.EncodeToString(sum[:]) || c.CodeSize != int64(len(code)) || *c.Version != "$LATEST" ||
		*c.FunctionArn != "arn:aws:lambda:us-east-1:000000000000:function:f" || c.PackageType != types.PackageTypeZip ||
		!slices.Equal(c.VpcConfig.SubnetIds, []string{"subnet-1"}) || got.Tags["team"] != "weather" {
		t.Errorf("function %+v", c)
	}
	updated, err := s.client.UpdateFunctionConfiguration(t.Context(), &awslambda.UpdateFunctionConfigurationInput{
		FunctionName: aws.String("f"), Timeout: aws.Int32(9), RevisionId: c.RevisionId,
		Environment: &types.Environment{Variables: map[string]string{"COLOUR": "blue"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if *updated.Timeout != 9 || *updated.RevisionId == *c.RevisionId || *updated.Handler != "bootstrap" {
		t.Errorf("updated %+v", updated)
	}
	if out := s.invoke(t, "f", `{"do":"environ"}`); !bytes.Contains(out.Payload, []byte("COLOUR=blue")) {
		t.Errorf("the new variable is not there: %s", out.Payload)
	}
	_, err = s.client.UpdateFunctionConfiguration(t.Context(), &awslambda.UpdateFunctionConfigurationInput{
		FunctionName: aws.String("f"), RevisionId: c.RevisionId,
	})
	wantError(t, err, "PreconditionFailedException", "Revision Id")
	if _, err := s.client.DeleteFunction(t.Context(), &awslambda.DeleteFunctionInput{FunctionName: aws.String("f")}); err != nil {
		t.Fatal(err)
	}
	_, err = s.client.GetFunctionConfiguration(t.Context(), &awslambda.GetFunctionConfigurationInput{FunctionName: aws.String("f")})
	wantError(t, err, "ResourceNotFoundException", "Function not found: arn:aws:lambda:us-east-1:000000000000:function:f")
	eventually(t, "the code is gone", func() bool {
		left, err := os.ReadDir(filepath.Join(s.dir, "state", "code"))
		return err == nil && len(left) == 0
	})
}

func TestUpdateFunctionCode(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	s.create(t, "f")
	before := s.about(t, "f")
	updated, err := s.client.UpdateFunctionCode(t.Context(), &awslambda.UpdateFunctionCodeInput{
		FunctionName: aws.String("f"), S3Bucket: aws.String("code"), S3Key: aws.String("function.zip"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if updated.LastUpdateStatus != types.LastUpdateStatusInProgress || updated.LastUpdateStatusReasonCode != types.LastUpdateStatusReasonCode("Creating") {
		t.Errorf("update status %s (%s)", updated.LastUpdateStatus, updated.LastUpdateStatusReasonCode)
	}
	if err := awslambda.NewFunctionUpdatedV2Waiter(s.client).Wait(t.Context(), &awslambda.GetFunctionInput{FunctionName: aws.String("f")}, time.Minute); err != nil {
		t.Error(err)
	}
	if after := s.about(t, "f"); after.Pid == before.Pid || after.Dir == before.Dir {
		t.Error("the old code answered after the update")
	}
	eventually(t, "the old code is gone", func() bool {
		_, err := os.Stat(before.Dir)
		return err != nil
	})
}

// Two updates in a row, as CloudFormation makes them, leave the code of a running invocation alone.
func TestUpdatesKeepTheCodeThatRuns(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	s.create(t, "f")
	roots := func() []string {
		dirs, err := filepath.Glob(filepath.Join(s.dir, "state", "code", "*[!p]")) // without the archives
		if err != nil {
			t.Fatal(err)
		}
		return dirs
	}
	first := roots()
	release := filepath.Join(s.dir, "release")
	done := make(chan struct{})
	go func() {
		defer close(done)
		out, err := s.client.Invoke(t.Context(), &awslambda.InvokeInput{
			FunctionName: aws.String("f"), Payload: []byte(`{"do":"wait","text":"` + release + `"}`),
		})
		if err != nil || string(out.Payload) != `"done"` {
			t.Errorf("the running invocation: %+v, %v", out, err)
		}
	}()
	s.awaitNotes(t, "waiting")
	if _, err := s.client.UpdateFunctionConfiguration(t.Context(), &awslambda.UpdateFunctionConfigurationInput{
		FunctionName: aws.String("f"), Description: aws.String("second"),
	}); err != nil {
		t.Fatal(err)
	}
	s.invoke(t, "f", `{"do":"echo"}`)
	if _, err := s.client.UpdateFunctionCode(t.Context(), &awslambda.UpdateFunctionCodeInput{
		FunctionName: aws.String("f"), S3Bucket: aws.String("code"), S3Key: aws.String("function.zip"),
	}); err != nil {
		t.Fatal(err)
	}
	s.invoke(t, "f", `{"do":"echo"}`) // longer than the second revision takes to end
	if len(first) != 1 || !slices.Contains(roots(), first[0]) {
		t.Errorf("code %v, want still %v", roots(), first)
	}
	if err := os.WriteFile(release, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	<-done
	eventually(t, "the old code is removed", func() bool { return len(roots()) == 1 && roots()[0] != first[0] })
}

func TestListFunctions(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	empty, err := zipped(map[string][]byte{"bootstrap": nil})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"a", "b", "c", "d", "e"}
	for _, name := range want {
		s.create(t, name, func(in *awslambda.CreateFunctionInput) { in.Code = &types.FunctionCode{ZipFile: empty} })
	}
	var got []string
	pages := awslambda.NewListFunctionsPaginator(s.client, &awslambda.ListFunctionsInput{MaxItems: aws.Int32(2)})
	for pages.HasMorePages() {
		out, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Functions) > 2 {
			t.Errorf("a page of %d", len(out.Functions))
		}
		for _, f := range out.Functions {
			got = append(got, *f.FunctionName)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTags(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	arn := s.create(t, "f").FunctionArn
	if _, err := s.client.TagResource(t.Context(), &awslambda.TagResourceInput{Resource: arn, Tags: map[string]string{"a": "1", "b": "2"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.client.UntagResource(t.Context(), &awslambda.UntagResourceInput{Resource: arn, TagKeys: []string{"a", "z"}}); err != nil {
		t.Fatal(err)
	}
	out, err := s.client.ListTags(t.Context(), &awslambda.ListTagsInput{Resource: arn})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"b": "2"}, out.Tags); diff != "" {
		t.Error(diff)
	}
	_, err = s.client.ListTags(t.Context(), &awslambda.ListTagsInput{Resource: aws.String(*arn + "x")})
	wantError(t, err, "ResourceNotFoundException", "Function not found")
}

func TestCreateFunctionRefuses(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	s.create(t, "taken")
	foreign := types.ArchitectureArm64
	if runtime.GOARCH == "arm64" {
		foreign = types.ArchitectureX8664
	}
	link, err := zipped(map[string][]byte{"../bootstrap": []byte("x")})
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		change func(*awslambda.CreateFunctionInput)
		code   string
		text   string
	}{
		"name taken": {func(in *awslambda.CreateFunctionInput) { in.FunctionName = aws.String("taken") }, "ResourceConflictException", "Function already exist: taken"},
		"bad name":   {func(in *awslambda.CreateFunctionInput) { in.FunctionName = aws.String("a b") }, "ValidationException", "functionName"},
		"long name":  {func(in *awslambda.CreateFunctionInput) { in.FunctionName = aws.String(strings.Repeat("x", 65)) }, "ValidationException", "64"},
		"other region": {func(in *awslambda.CreateFunctionInput) {
			in.FunctionName = aws.String("arn:aws:lambda:eu-west-1:000000000000:function:f")
		}, "ResourceNotFoundException", "eu-west-1"},
		"other runtime":     {func(in *awslambda.CreateFunctionInput) { in.Runtime = types.RuntimePython312 }, "InvalidParameterValueException", "Runtime python3.12 is not supported"},
		"no handler":        {func(in *awslambda.CreateFunctionInput) { in.Handler = nil }, "InvalidParameterValueException", "Runtime and Handler are mandatory"},
		"other machine":     {func(in *awslambda.CreateFunctionInput) { in.Architectures = []types.Architecture{foreign} }, "InvalidParameterValueException", "this machine's is"},
		"image":             {func(in *awslambda.CreateFunctionInput) { in.PackageType = types.PackageTypeImage }, "InvalidParameterValueException", "PackageType Image"},
		"role":              {func(in *awslambda.CreateFunctionInput) { in.Role = aws.String("admin") }, "ValidationException", "role"},
		"timeout 0":         {func(in *awslambda.CreateFunctionInput) { in.Timeout = aws.Int32(0) }, "ValidationException", "timeout"},
		"timeout 901":       {func(in *awslambda.CreateFunctionInput) { in.Timeout = aws.Int32(901) }, "ValidationException", "900"},
		"memory 64":         {func(in *awslambda.CreateFunctionInput) { in.MemorySize = aws.Int32(64) }, "ValidationException", "memorySize"},
		"reserved variable": {func(in *awslambda.CreateFunctionInput) { in.Environment.Variables["AWS_REGION"] = "x" }, "InvalidParameterValueException", "Reserved keys used in this request: AWS_REGION"},
		"large variables":   {func(in *awslambda.CreateFunctionInput) { in.Environment.Variables["X1"] = strings.Repeat("x", 4096) }, "InvalidParameterValueException", "4KB"},
		"layers":            {func(in *awslambda.CreateFunctionInput) { in.Layers = []string{"arn:aws:lambda:us-east-1:1:layer:x:1"} }, "InvalidParameterValueException", "Layers is not supported"},
		"no zip":            {func(in *awslambda.CreateFunctionInput) { in.Code = &types.FunctionCode{ZipFile: []byte("x")} }, "InvalidParameterValueException", "Could not unzip uploaded file"},
		"evil zip":          {func(in *awslambda.CreateFunctionInput) { in.Code = &types.FunctionCode{ZipFile: link} }, "InvalidParameterValueException", "leads out of the archive"},
		"no code":           {func(in *awslambda.CreateFunctionInput) { in.Code = &types.FunctionCode{} }, "InvalidParameterValueException", "source for function code"},
		"no such bucket":    {func(in *awslambda.CreateFunctionInput) { in.Code.S3Bucket = aws.String("other") }, "InvalidParameterValueException", "S3 Error Code: NoSuchBucket"},
		"no such key":       {func(in *awslambda.CreateFunctionInput) { in.Code.S3Key = aws.String("other") }, "InvalidParameterValueException", "S3 Error Code: NoSuchKey"},
		"object version":    {func(in *awslambda.CreateFunctionInput) { in.Code.S3ObjectVersion = aws.String("1") }, "InvalidParameterValueException", "Code.S3ObjectVersion"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			in := &awslambda.CreateFunctionInput{
				FunctionName: aws.String("f"), Role: aws.String(role), Runtime: types.RuntimeProvidedal2023,
				Handler: aws.String("bootstrap"), Architectures: []types.Architecture{hostArchitecture()},
				Code:        &types.FunctionCode{S3Bucket: aws.String("code"), S3Key: aws.String("function.zip")},
				Environment: &types.Environment{Variables: map[string]string{}},
			}
			tt.change(in)
			_, err := s.client.CreateFunction(t.Context(), in)
			wantError(t, err, tt.code, tt.text)
		})
	}
}

func TestRawRequests(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	tests := map[string]struct {
		method, path, body string
		status             int
		code               string
	}{
		"unknown action":  {"GET", "/2015-03-31/functions/f/thoughts", "", 404, "UnknownOperationException"},
		"no JSON":         {"POST", "/2015-03-31/functions", "{", 400, "SerializationException"},
		"wrong type":      {"POST", "/2015-03-31/functions", `{"Timeout":"x"}`, 400, "SerializationException"},
		"trailing slash":  {"GET", "/2015-03-31/functions/", "", 200, ""},
		"bad page size":   {"GET", "/2015-03-31/functions?MaxItems=0", "", 400, "ValidationException"},
		"unknown mapping": {"GET", "/2015-03-31/event-source-mappings/x", "", 404, "ResourceNotFoundException"},
		"too large":       {"POST", "/2015-03-31/functions", strings.Repeat(" ", 70167212), 413, "RequestEntityTooLargeException"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), tt.method, s.url+tt.path, strings.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = resp.Body.Close() }()
			if resp.StatusCode != tt.status || resp.Header.Get("X-Amzn-Errortype") != tt.code {
				t.Errorf("status %d, error %q, want %d %q", resp.StatusCode, resp.Header.Get("X-Amzn-Errortype"), tt.status, tt.code)
			}
		})
	}
}

func FuzzServe(f *testing.F) {
	s := newSetup(f)
	f.Add("POST", "/2015-03-31/functions", `{"FunctionName":"f","Code":{"ZipFile":"UEsFBg=="}}`)
	f.Add("PUT", "/2015-03-31/functions/f/code", `{"ZipFile":"x"}`)
	f.Add("POST", "/2015-03-31/event-source-mappings", `{"StartingPositionTimestamp":1e300,"FunctionName":"f"}`)
	f.Add("POST", "/2015-03-31/functions/f/invocations", `{}`)
	f.Add("GET", "/2017-03-31/tags/arn%3Aaws", "")
	f.Fuzz(func(t *testing.T, method, path, body string) {
		req, err := http.NewRequest(method, "http://sandbox/", strings.NewReader(body))
		if err != nil || !strings.HasPrefix(path, "/") {
			return // no request that a server would hand over
		}
		req.URL.Path = path
		w := &discard{header: http.Header{}}
		s.service.ServeHTTP(w, req)
		if w.status >= 500 {
			t.Errorf("%s %q answers %d", method, path, w.status)
		}
	})
}

// discard is a response writer that keeps the status.
type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header { return d.header }

func (d *discard) Write(p []byte) (int, error) { return len(p), nil }

func (d *discard) WriteHeader(status int) { d.status = status }
