package stack

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	templates "github.com/spillway/spillway/deploy"
	"github.com/spillway/spillway/pkg/deploy"
)

const (
	stackName = "spillway"
	// route makes a topic from the reports of weather stations.
	route = "weather.us.{state}"
	// budget is half of the memory that the sandbox gives Redis.
	budget    = "256MiB"
	deployLog = "deploy.log" // in logDir
	// localCredentials are what the sandbox is called with: it accepts any.
	localCredentials = "local"
)

// provisioner deploys the data path of a stack whose daemon is ready, and completes its endpoints.
type provisioner func(ctx context.Context, s *Stack, e *Endpoints) error

// provision deploys the template of the data path to the sandbox. The AWS configuration is made here and not found in
// the environment, so that nothing of it can reach a real account.
func provision(ctx context.Context, s *Stack, e *Endpoints) error {
	cfg := aws.Config{
		Region: e.Region, BaseEndpoint: aws.String(e.AWS),
		Credentials: credentials.NewStaticCredentialsProvider(localCredentials, localCredentials, ""),
	}
	parameters := map[string]string{"RedisUrl": e.Redis, "Route": route, "LogLevel": s.o.LogLevel, "Budget": budget}
	maps.Copy(parameters, s.o.Parameters)
	history, err := os.Create(s.path(logDir, deployLog))
	if err != nil {
		return err
	}
	out, err := deploy.Stack(ctx, cfg, deploy.Options{
		StackName: stackName, TemplateBody: templates.Data, Parameters: parameters, Bootstrap: s.binary(bootstrapName),
		Events: func(e deploy.Event) { fmt.Fprintln(history, e) },
	})
	if err = errors.Join(err, history.Close()); err != nil {
		return err
	}
	e.Stream, e.Function, e.FailureBucket = out["KinesisStreamName"], out["FunctionName"], out["FailureBucket"]
	return nil
}
