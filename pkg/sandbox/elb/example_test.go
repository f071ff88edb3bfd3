package elb_test

import (
	"context"
	"fmt"

	"github.com/spillway/spillway/pkg/sandbox/elb"
)

func ExampleNew() {
	ctx := context.Background()
	s, err := elb.New(elb.Config{Region: "us-east-1", AccountID: "000000000000"})
	if err != nil {
		panic(err)
	}
	defer s.Close()
	group, err := s.CreateTargetGroup(ctx, elb.CreateTargetGroupInput{Name: "web", Protocol: "TCP", Port: 8443, VpcId: "vpc-1", TargetType: "ip"})
	if err != nil {
		panic(err)
	}
	arn := group.TargetGroups[0].TargetGroupArn
	if err := s.RegisterTargets(ctx, elb.TargetsInput{TargetGroupArn: arn, Targets: []elb.TargetDescription{{Id: "127.64.0.1"}}}); err != nil {
		panic(err)
	}
	h := s.TargetHealth(arn, elb.TargetDescription{Id: "127.64.0.1"})
	fmt.Println(h.State, h.Reason)
	// Output: unused Target.NotInUse
}
