package sts_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/spillway/spillway/pkg/sandbox/sts"
)

func newServer(t testing.TB, account string) (*awssts.Client, string) {
	t.Helper()
	service, err := sts.New(account)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(service)
	t.Cleanup(server.Close)
	return awssts.New(awssts.Options{
		BaseEndpoint: aws.String(server.URL), Region: "us-east-1", RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("any", "secret", ""),
	}), server.URL
}

func TestGetCallerIdentity(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{"": "000000000000", "123456789012": "123456789012"} {
		client, _ := newServer(t, given)
		out, err := client.GetCallerIdentity(t.Context(), &awssts.GetCallerIdentityInput{})
		if err != nil {
			t.Fatal(err)
		}
		if *out.Account != want || *out.Arn != "arn:aws:iam::"+want+":root" || *out.UserId != want {
			t.Errorf("identity %s %s %s, want account %s", *out.Account, *out.Arn, *out.UserId, want)
		}
	}
}

func TestOtherActionsAreRefused(t *testing.T) {
	t.Parallel()
	client, url := newServer(t, "")
	_, err := client.GetSessionToken(t.Context(), &awssts.GetSessionTokenInput{})
	var e smithy.APIError
	if !errors.As(err, &e) || e.ErrorCode() != "InvalidAction" || e.ErrorMessage() != "Could not find operation GetSessionToken for version 2011-06-15" {
		t.Errorf("got %v, want InvalidAction", err)
	}
	for name, body := range map[string]string{
		"no action": "", "bad form": "%zz", "other version": "Action=GetCallerIdentity&Version=2000-01-01",
		"too large": "Action=" + strings.Repeat("x", 1<<20),
	} {
		resp, err := http.Post(url, "application/x-www-form-urlencoded", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: status %d", name, resp.StatusCode)
		}
	}
}

func TestAccountID(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"1", "12345678901x", "1234567890123"} {
		if _, err := sts.New(bad); err == nil {
			t.Errorf("account %q was accepted", bad)
		}
	}
}

func TestStockCLI(t *testing.T) {
	t.Parallel()
	cli, err := exec.LookPath("aws")
	if err != nil {
		t.Skip("THE AWS CLI IS NOT INSTALLED: that `aws sts get-caller-identity` works is NOT shown by this run")
	}
	_, url := newServer(t, "")
	cmd := exec.CommandContext(t.Context(), cli, "--cli-read-timeout", "0", "--endpoint-url", url, "--region", "us-east-1", "--output", "text", "sts", "get-caller-identity")
	cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=key", "AWS_SECRET_ACCESS_KEY=secret")
	out, err := cmd.CombinedOutput()
	if want := "000000000000\tarn:aws:iam::000000000000:root\t000000000000\n"; err != nil || string(out) != want {
		t.Errorf("got %q (%v), want %q", out, err, want)
	}
}

func FuzzServe(f *testing.F) {
	f.Add("Action=GetCallerIdentity&Version=2011-06-15")
	f.Add("Action=%00&Version=%ff")
	service, err := sts.New("")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, form string) {
		req := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(form))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		service.ServeHTTP(w, req)
		if w.Code != http.StatusOK && w.Code != http.StatusBadRequest {
			t.Errorf("status %d", w.Code)
		}
	})
}
