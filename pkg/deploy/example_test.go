package deploy_test

import (
	"context"
	"fmt"
	"log"

	"github.com/aws/aws-sdk-go-v2/config"

	templates "github.com/spillway/spillway/deploy"
	"github.com/spillway/spillway/pkg/deploy"
)

func ExampleStack() {
	ctx := context.Background()
	cfg, err := config.LoadDefaultConfig(ctx) // AWS_ENDPOINT_URL and AWS_REGION decide where
	if err != nil {
		log.Fatal(err)
	}
	outputs, err := deploy.Stack(ctx, cfg, deploy.Options{
		StackName:    "spillway-data",
		TemplateBody: templates.Data,
		Bootstrap:    "bin/bootstrap",
		Parameters:   map[string]string{"RedisUrl": "redis://127.0.0.1:6379", "Route": "weather.us.{state}"},
		Events:       func(e deploy.Event) { fmt.Println(e) },
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(outputs["KinesisStreamName"])
}
