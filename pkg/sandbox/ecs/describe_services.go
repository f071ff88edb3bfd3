package ecs

import "context"

// DescribeServicesInput names services of a cluster.
type DescribeServicesInput struct {
	Cluster  string   `json:"cluster"`
	Services []string `json:"services"`
	Include  []string `json:"include"`
}

// DescribeServicesOutput are services.
type DescribeServicesOutput struct {
	Services []Service `json:"services"`
	Failures []Failure `json:"failures"`
}

// DescribeServices shows services.
func (e *Emulator) DescribeServices(_ context.Context, in DescribeServicesInput) (DescribeServicesOutput, error) {
	out := DescribeServicesOutput{Services: []Service{}, Failures: []Failure{}}
	if len(in.Services) == 0 {
		return out, invalid("Services cannot be empty.")
	}
	if len(in.Services) > MaxDescribeServices {
		return out, invalid("Services cannot have more than %d elements.", MaxDescribeServices)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	c, err := e.findCluster(in.Cluster)
	if err != nil {
		return out, err
	}
	for _, name := range in.Services {
		svc := e.services[serviceKey{c.ClusterName, lastPart(name)}]
		if svc == nil {
			out.Failures = append(out.Failures, Failure{Arn: e.arn("service", c.ClusterName+"/"+lastPart(name)), Reason: "MISSING"})
			continue
		}
		shown := e.showService(svc)
		if len(in.Include) == 0 {
			shown.Tags = nil
		}
		out.Services = append(out.Services, shown)
	}
	return out, nil
}
