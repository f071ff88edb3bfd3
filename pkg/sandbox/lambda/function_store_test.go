package lambda_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/sandbox/lambda"
)

func kept(c *lambda.Config) { c.Keep = true }

// again ends the service of a setup and makes another one of the same state.
func (s *setup) again(t *testing.T) *setup {
	t.Helper()
	s.service.Close(context.Background())
	return newSetup(t, kept, func(c *lambda.Config) {
		c.StateDir = filepath.Join(s.dir, "state")
	})
}

// Functions with all that hangs on them are there after a restart, and what was deleted is not.
func TestFunctionsOutliveTheService(t *testing.T) {
	t.Parallel()
	s := newSetup(t, kept)
	s.create(t, "f", func(in *awslambda.CreateFunctionInput) { in.Tags = map[string]string{"team": "weather"} })
	s.publish(t, "one")
	s.publish(t, "two")
	s.publish(t, "three")
	s.create(t, "gone")
	steps := map[string]func() error{
		"alias": func() error {
			_, err := s.client.CreateAlias(t.Context(), &awslambda.CreateAliasInput{FunctionName: aws.String("f"), Name: aws.String("live"), FunctionVersion: aws.String("1")})
			return err
		},
		"policy": func() error {
			_, err := s.client.AddPermission(t.Context(), &awslambda.AddPermissionInput{
				FunctionName: aws.String("f"), StatementId: aws.String("s"), Action: aws.String("lambda:InvokeFunction"), Principal: aws.String("s3.amazonaws.com"),
			})
			return err
		},
		"event invoke": func() error {
			_, err := s.client.PutFunctionEventInvokeConfig(t.Context(), &awslambda.PutFunctionEventInvokeConfigInput{FunctionName: aws.String("f"), MaximumRetryAttempts: aws.Int32(1)})
			return err
		},
		"concurrency": func() error {
			_, err := s.client.PutFunctionConcurrency(t.Context(), &awslambda.PutFunctionConcurrencyInput{FunctionName: aws.String("f"), ReservedConcurrentExecutions: aws.Int32(5)})
			return err
		},
		"version": func() error {
			_, err := s.client.DeleteFunction(t.Context(), &awslambda.DeleteFunctionInput{FunctionName: aws.String("f"), Qualifier: aws.String("2")})
			return err
		},
		"function": func() error {
			_, err := s.client.DeleteFunction(t.Context(), &awslambda.DeleteFunctionInput{FunctionName: aws.String("gone")})
			return err
		},
	}
	for name, step := range steps {
		if err := step(); err != nil {
			t.Fatal(name, err)
		}
	}
	before := all(t, s)
	later := s.again(t)
	if diff := cmp.Diff(before, all(t, later)); diff != "" {
		t.Error(diff)
	}
	for name, want := range map[string]string{"f": "three", "f:3": "three", "f:live": "one"} {
		if word, _ := later.word(t, name); word != want {
			t.Errorf("%s says %s, want %s", name, word, want)
		}
	}
	if v := later.publish(t, "four"); v != "4" {
		t.Errorf("the next version is %s", v)
	}
}

// all is what a service shows of its functions.
func all(t *testing.T, s *setup) map[string]string {
	t.Helper()
	out := map[string]string{}
	note := func(name string) func(any, error) {
		return func(value any, err error) {
			t.Helper()
			if err != nil {
				t.Fatal(name, err)
			}
			text, err := json.Marshal(value)
			if err != nil {
				t.Fatal(name, err)
			}
			out[name] = string(text)
		}
	}
	ctx := t.Context()
	list, err := s.service.ListFunctions(ctx, true, "", 0)
	note("functions")(list, err)
	f, err := s.service.GetFunction(ctx, "f")
	note("function")(f, err)
	aliases, err := s.service.ListAliases(ctx, "f", "", "", 0)
	note("aliases")(aliases, err)
	policy, err := s.service.GetPolicy(ctx, "f")
	note("policy")(policy, err)
	event, err := s.service.GetFunctionEventInvokeConfig(ctx, "f")
	note("event invoke")(event, err)
	return out
}

// What a service left half done when it was killed is no trouble for the next, and what is damaged is named.
func TestRestoreIsCareful(t *testing.T) {
	t.Parallel()
	s := newSetup(t, kept)
	s.create(t, "f")
	s.service.Close(context.Background())
	state := filepath.Join(s.dir, "state")
	stray := filepath.Join(state, "code", "f-stray")
	if err := os.Mkdir(stray, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{stray + ".zip", filepath.Join(state, "functions", "f.json.new")} {
		if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	later := s.again(t)
	later.invoke(t, "f", `{"do":"echo"}`)
	for _, path := range []string{stray, stray + ".zip"} {
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s is still there", path)
		}
	}
	later.service.Close(context.Background())
	for text, want := range map[string]string{"{": "restore function f", `{"Latest":{"Code":"../x"}}`: "damaged"} {
		if err := os.WriteFile(filepath.Join(state, "functions", "f.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		cfg := lambda.Config{
			AccountID: account, Region: region, StateDir: state, Logger: discardLogger(), Objects: objects{}, Streams: s.stream, Destinations: s.destination, Keep: true,
		}
		if svc, err := lambda.New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("a file of %s: %v", text, err)
			if svc != nil {
				svc.Close(context.Background())
			}
		}
	}
}
