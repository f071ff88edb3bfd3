package stack

import (
	"context"
	"errors"
	"fmt"
	"io"
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
	// budget is half of the memory that the local cloud gives Redis.
	budget    = "256MiB"
	deployLog = "deploy.log" // in logDir
	// localCredentials are what the local cloud is called with: it accepts any.
	localCredentials = "local"
)

// provisioner deploys the data path of a stack whose daemon is ready, and completes its endpoints.
type provisioner func(ctx context.Context, s *Stack, e *Endpoints) error

// provision deploys the template of the data path to the sandbox.
func provision(ctx context.Context, s *Stack, e *Endpoints) error {
	history, err := os.Create(s.path(logDir, deployLog))
	if err != nil {
		return err
	}
	err = dataPath{aws: e.AWS, redis: e.Redis, bootstrap: s.binary(bootstrapName), logLevel: s.o.LogLevel, parameters: s.o.Parameters}.deploy(ctx, e, history)
	return errors.Join(err, history.Close())
}

// dataPath is what is deployed: a stream, the function that reads it, and a bucket for what that cannot process.
type dataPath struct {
	aws        string // endpoint URL that it is deployed to
	redis      string // URL of Redis for the function
	bootstrap  string // the function's program
	logLevel   string // of the function
	parameters map[string]string
}

// localConfig is how a local cloud is reached. It is made here and not found in the environment, so that nothing of it can reach a
// real account.
func localConfig(region, endpoint string) aws.Config {
	return aws.Config{
		Region: region, BaseEndpoint: aws.String(endpoint),
		Credentials: credentials.NewStaticCredentialsProvider(localCredentials, localCredentials, ""),
	}
}

// deploy deploys the data path and completes endpoints with its names.
func (d dataPath) deploy(ctx context.Context, e *Endpoints, history io.Writer) error {
	cfg := localConfig(e.Region, d.aws)
	parameters := map[string]string{"RedisUrl": d.redis, "Route": route, "LogLevel": d.logLevel, "Budget": budget}
	maps.Copy(parameters, d.parameters)
	out, err := deploy.Stack(ctx, cfg, deploy.Options{
		StackName: stackName, TemplateBody: templates.Data, Parameters: parameters, Bootstrap: d.bootstrap,
		Events: func(e deploy.Event) { fmt.Fprintln(history, e) },
	})
	if err != nil {
		return err
	}
	e.Stream, e.Function, e.FailureBucket = out["KinesisStreamName"], out["FunctionName"], out["FailureBucket"]
	return nil
}
