package rebuild

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/google/go-cmp/cmp"
)

func TestConnect(t *testing.T) {
	t.Setenv("AWS_CONFIG_FILE", t.TempDir()+"/none")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", t.TempDir()+"/none")
	t.Setenv("AWS_REGION", "")
	t.Setenv("AWS_DEFAULT_REGION", "")
	if _, _, err := Connect(t.Context(), Endpoint{}); !errors.Is(err, ErrNoRegion) {
		t.Errorf("without a region: %v", err)
	}
	kin, lam, err := Connect(t.Context(), Endpoint{Kinesis: "http://127.0.0.1:1", Lambda: "http://127.0.0.1:2", Region: "eu-west-1", Dummy: true})
	if err != nil {
		t.Fatal(err)
	}
	if got := kin.Options(); *got.BaseEndpoint != "http://127.0.0.1:1" || got.Region != "eu-west-1" || got.Retryer.MaxAttempts() != 1 {
		t.Errorf("Kinesis: %s, %s, %d attempts", *got.BaseEndpoint, got.Region, got.Retryer.MaxAttempts())
	}
	if got := lam.Options(); *got.BaseEndpoint != "http://127.0.0.1:2" || got.Region != "eu-west-1" || got.Retryer.MaxAttempts() != 1 {
		t.Errorf("Lambda: %s, %s, %d attempts", *got.BaseEndpoint, got.Region, got.Retryer.MaxAttempts())
	}
}

// functionReader answers with a configuration, or an error.
type functionReader struct {
	environment *types.EnvironmentResponse
	err         error
}

func (r functionReader) GetFunctionConfiguration(context.Context, *lambda.GetFunctionConfigurationInput, ...func(*lambda.Options)) (*lambda.GetFunctionConfigurationOutput, error) {
	return &lambda.GetFunctionConfigurationOutput{Environment: r.environment}, r.err
}

func TestVariablesOf(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		from functionReader
		want map[string]string
		err  string
	}{
		{"variables", functionReader{environment: &types.EnvironmentResponse{Variables: map[string]string{"A": "b"}}}, map[string]string{"A": "b"}, ""},
		{"none", functionReader{}, map[string]string{}, ""},
		{"an environment without any", functionReader{environment: &types.EnvironmentResponse{}}, map[string]string{}, ""},
		{"that may not be read", functionReader{environment: &types.EnvironmentResponse{Error: &types.EnvironmentError{
			ErrorCode: aws.String("AccessDeniedException"), Message: aws.String("Lambda was unable to decrypt your environment variables")}}}, nil,
			"get the variables of function f: AccessDeniedException: Lambda was unable to decrypt your environment variables"},
		{"no function", functionReader{err: &types.ResourceNotFoundException{Message: aws.String("Function not found: f")}}, nil,
			"get the configuration of function f: ResourceNotFoundException: Function not found: f"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := VariablesOf(t.Context(), tt.from, "f")
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if tt.err == "" && err != nil || tt.err != "" && (err == nil || err.Error() != tt.err) {
				t.Errorf("got %v, want %s", err, tt.err)
			}
		})
	}
}
