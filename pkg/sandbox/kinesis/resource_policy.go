package kinesis

import (
	"context"
	"encoding/json"
)

const (
	// noPolicy is how a resource without a policy describes it.
	noPolicy = "{}"
	// maxPolicyBytes bounds a policy, as the developer guide says.
	maxPolicyBytes = 20 << 10
)

// ResourcePolicyInput is the input of GetResourcePolicy and DeleteResourcePolicy.
type ResourcePolicyInput struct{ ResourceARN string }

// GetResourcePolicyOutput is the output of GetResourcePolicy.
type GetResourcePolicyOutput struct{ Policy string }

func (s *Service) getResourcePolicy(_ context.Context, in ResourcePolicyInput) (GetResourcePolicyOutput, error) {
	r, err := s.resource(in.ResourceARN)
	if err != nil {
		return GetResourcePolicyOutput{}, err
	}
	setDefault(&r.policy, noPolicy)
	return GetResourcePolicyOutput{r.policy}, nil
}

// PutResourcePolicyInput is the input of PutResourcePolicy.
type PutResourcePolicyInput struct{ ResourceARN, Policy string }

// putResourcePolicy attaches a policy to a stream or a consumer. Nothing enforces it.
func (s *Service) putResourcePolicy(_ context.Context, in PutResourcePolicyInput) error {
	return s.changeResource(in.ResourceARN, func(r *resource) error {
		var policy struct{ Statement json.RawMessage }
		switch {
		case len(in.Policy) > maxPolicyBytes:
			return fault(CodeLimitExceeded, "The policy has %d bytes; the limit is %d.", len(in.Policy), maxPolicyBytes)
		case json.Unmarshal([]byte(in.Policy), &policy) != nil || len(policy.Statement) == 0:
			return fault(CodeInvalidArgument, "The policy is not a valid resource policy.")
		}
		r.policy = in.Policy
		return nil
	})
}

func (s *Service) deleteResourcePolicy(_ context.Context, in ResourcePolicyInput) error {
	return s.changeResource(in.ResourceARN, func(r *resource) error {
		if r.policy == "" { // the text is moto's, whose tests run against AWS
			return fault(CodeResourceNotFound, "No resource policy found for resource ARN %s", in.ResourceARN)
		}
		r.policy = ""
		return nil
	})
}
