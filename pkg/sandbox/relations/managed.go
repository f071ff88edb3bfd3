package relations

import "strings"

// managedName is the name of one of AWS's own policies.
func managedName(arn string) string {
	_, path, _ := strings.Cut(arn, ":policy/")
	return path[strings.LastIndexByte(path, '/')+1:]
}

// managedPolicies are what AWS's own policies allow that execution roles have, by their names. See
// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html.
func managedPolicies() map[string][]any {
	logs := []any{"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"}
	with := func(actions ...any) []any { return append(append([]any{}, logs...), actions...) }
	return map[string][]any{
		"AWSLambdaBasicExecutionRole": logs,
		"AWSLambdaKinesisExecutionRole": with("kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords",
			"kinesis:GetShardIterator", "kinesis:ListShards", "kinesis:ListStreams", "kinesis:SubscribeToShard"),
		"AWSLambdaVPCAccessExecutionRole": with("ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets",
			"ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"),
		"AmazonECSTaskExecutionRolePolicy": {"ecr:GetAuthorizationToken", "ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer",
			"ecr:BatchGetImage", "logs:CreateLogStream", "logs:PutLogEvents"},
	}
}
