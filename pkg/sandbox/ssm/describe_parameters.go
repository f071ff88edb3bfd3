package ssm

import "context"

// DescribeParametersInput asks for a page of parameters.
type DescribeParametersInput struct {
	MaxResults int
	NextToken  string
}

// Description is what is known of a parameter but its value.
type Description struct {
	Name, ARN, Type  string
	KeyId            string `json:",omitempty"`
	Description      string `json:",omitempty"`
	AllowedPattern   string `json:",omitempty"`
	LastModifiedDate epoch
	Version          int64
	Tier, DataType   string
}

// DescribeParametersOutput is a page of descriptions. NextToken is empty on the last one.
type DescribeParametersOutput struct {
	Parameters []Description
	NextToken  string `json:",omitempty"`
}

// DescribeParameters lists parameters by their names.
func (s *Service) DescribeParameters(_ context.Context, in DescribeParametersInput) (DescribeParametersOutput, error) {
	limit, e := pageSize(in.MaxResults, maxDescribed)
	if e != nil {
		return DescribeParametersOutput{}, e
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := DescribeParametersOutput{Parameters: []Description{}}
	for _, name := range s.namesAfter(in.NextToken) {
		if len(out.Parameters) == limit {
			out.NextToken = out.Parameters[limit-1].Name
			break
		}
		p := s.parameters[name]
		v := p.newest()
		out.Parameters = append(out.Parameters, Description{
			Name: name, ARN: s.arn(name), Type: v.kind, KeyId: p.keyID, Description: p.description, AllowedPattern: p.pattern,
			LastModifiedDate: epoch(v.lastModified), Version: v.number, Tier: "Standard", DataType: "text",
		})
	}
	return out, nil
}
