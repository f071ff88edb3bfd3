package relations

import "github.com/spillway/spillway/pkg/sandbox/cloudformation"

// roleMapping wants the role of a function to allow what its event source mapping does in its name.
func roleMapping(t *tree) []cloudformation.Finding {
	var all []cloudformation.Finding
	for _, m := range t.of("AWS::Lambda::EventSourceMapping") {
		f := t.made(m.at("FunctionName"))
		if f == nil {
			continue
		}
		role := t.made(f.at("Role"))
		if role == nil || role.typ != typeRole {
			continue
		}
		p := t.policyOf(role)
		all = append(all, lacking(role, "role-mapping", m.path, p.lacks(t.streamNeeds(m)),
			"the mapping cannot be made: \"Cannot access stream. Please ensure the role can perform the GetRecords, GetShardIterator, DescribeStream, ListShards, and ListStreams Actions on your stream in IAM\"")...)
		all = append(all, lacking(role, "role-mapping", "the failure destination of "+m.path, p.lacks(t.failureNeeds(m)),
			"the mapping cannot be made, or records that could not be processed are lost")...)
	}
	return all
}

// streamNeeds are for reading from Kinesis. See
// https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html#events-kinesis-permissions.
func (t *tree) streamNeeds(m *resource) []need {
	source := text(m.at("EventSourceArn"))
	stream := t.made(source)
	if stream == nil || stream.typ != "AWS::Kinesis::Stream" {
		return nil
	}
	var needs []need
	for _, action := range []string{"DescribeStream", "DescribeStreamSummary", "GetRecords", "GetShardIterator", "ListShards"} {
		needs = append(needs, need{"kinesis:" + action, []string{source, "arn:aws:kinesis:" + t.region + ":" + t.account + ":stream/" + stream.id()}})
	}
	return append(needs, need{"kinesis:ListStreams", []string{"*", source}})
}

// failureNeeds are for the destination of what could not be processed.
func (t *tree) failureNeeds(m *resource) []need {
	arn := text(m.at("DestinationConfig", "OnFailure", "Destination"))
	d := t.made(arn)
	if d == nil {
		return nil
	}
	switch d.typ {
	case "AWS::S3::Bucket":
		name := "arn:aws:s3:::" + d.id()
		const object = "/aws/lambda/x"
		return []need{{"s3:PutObject", []string{arn + object, name + object}}, {"s3:ListBucket", []string{arn, name}}}
	case "AWS::SQS::Queue":
		return []need{{"sqs:SendMessage", []string{arn}}}
	case "AWS::SNS::Topic":
		return []need{{"sns:Publish", []string{arn, d.id()}}}
	}
	return nil
}
