package cloudformation_test

import (
	"context"
	"fmt"
	"log"
	"net/http/httptest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
)

func ExampleNew() {
	ctx := context.Background()
	service, err := cloudformation.New(cloudformation.Config{
		Region: "us-east-1", AccountID: "000000000000", Provisioners: inertTypes("us-east-1", "000000000000"),
	})
	if err != nil {
		log.Fatal(err)
	}
	server := httptest.NewServer(service)
	defer server.Close()
	client := cfn.New(cfn.Options{Region: "us-east-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")})
	_, err = client.CreateStack(ctx, &cfn.CreateStackInput{
		StackName:    aws.String("logs"),
		TemplateBody: aws.String("Resources: {Group: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: app}}}\nOutputs: {Name: {Value: !Ref Group}}"),
	})
	if err != nil {
		log.Fatal(err)
	}
	out, err := client.DescribeStacks(ctx, &cfn.DescribeStacksInput{StackName: aws.String("logs")})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(out.Stacks[0].StackStatus, *out.Stacks[0].Outputs[0].OutputValue)
	if err := service.Close(ctx); err != nil {
		log.Fatal(err)
	}
	// Output: CREATE_COMPLETE app
}
