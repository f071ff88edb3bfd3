package ecs_test

import (
	"context"
	"fmt"

	"github.com/spillway/spillway/pkg/sandbox/ecs"
)

// installed is an image source of programs that are installed.
type installed struct{}

// Open implements ecs.ImageSource.
func (installed) Open(_ context.Context, reference string) (ecs.Image, error) {
	if reference != "sleep" {
		return ecs.Image{}, ecs.ErrNoImage
	}
	return ecs.Image{Root: "/", Entrypoint: []string{"/bin/sleep"}, Command: []string{"60"}}, nil
}

func ExampleNew() {
	ctx := context.Background()
	e, err := ecs.New(ecs.Config{Region: "us-east-1", AccountID: "000000000000", Images: installed{}})
	if err != nil {
		panic(err)
	}
	defer e.Close(ctx)
	if _, err := e.CreateCluster(ctx, ecs.CreateClusterInput{ClusterName: "beds"}); err != nil {
		panic(err)
	}
	definition, err := e.RegisterTaskDefinition(ctx, ecs.RegisterTaskDefinitionInput{
		Family: "sleeper", NetworkMode: "awsvpc", Cpu: "256", Memory: "512",
		ContainerDefinitions: []ecs.ContainerDefinition{{Name: "sleeper", Image: "sleep"}},
	})
	if err != nil {
		panic(err)
	}
	two := 2
	if _, err := e.CreateService(ctx, ecs.CreateServiceInput{
		Cluster: "beds", ServiceName: "sleepers", TaskDefinition: definition.TaskDefinition.TaskDefinitionArn, DesiredCount: &two,
		LaunchType:           "FARGATE",
		NetworkConfiguration: &ecs.NetworkConfiguration{AwsvpcConfiguration: ecs.AwsvpcConfiguration{Subnets: []string{"subnet-1"}}},
	}); err != nil {
		panic(err)
	}
	fmt.Println(e.AwaitSteady(ctx, "beds", "sleepers"))
	out, err := e.DescribeServices(ctx, ecs.DescribeServicesInput{Cluster: "beds", Services: []string{"sleepers"}})
	if err != nil {
		panic(err)
	}
	fmt.Println(out.Services[0].RunningCount, out.Services[0].Events[0].Message)
	// Output:
	// <nil>
	// 2 (service sleepers) has reached a steady state.
}
