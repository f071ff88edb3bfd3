package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"time"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
)

const (
	// settlePoll is how often a resource that is being made is looked at.
	settlePoll = 20 * time.Millisecond
	// settleTimeout is how long a resource may take, some hundred times what it
	// takes here.
	settleTimeout = 2 * time.Minute
)

// provisioners are the resource types that the sandbox makes, and those that it only
// records.
func (s *Sandbox) provisioners() map[string]cloudformation.Provisioner {
	all := s.account.Provisioners()
	maps.Copy(all, s.caches.Provisioners())
	if s.cognito != nil {
		maps.Copy(all, s.cognito.Provisioners())
	}
	maps.Copy(all, map[string]cloudformation.Provisioner{
		"AWS::Kinesis::Stream":            streamResource{s.kinesis},
		"AWS::S3::Bucket":                 bucketResource{s.s3, s.cfg.Region},
		"AWS::Lambda::Function":           functionResource{s.lambda},
		"AWS::Lambda::EventSourceMapping": mappingResource{s.lambda},
		"AWS::Logs::LogGroup":             logGroupResource{s.logs, s.cfg.Region, s.cfg.AccountID},

		"AWS::ApplicationAutoScaling::ScalableTarget": scalableTargetResource{s.autoscaling},
		"AWS::ApplicationAutoScaling::ScalingPolicy":  scalingPolicyResource{s.autoscaling},
		"AWS::ECS::Cluster":                           clusterResource{s.ecs},
		"AWS::ECS::Service":                           serviceResource{s.ecs},
		"AWS::ECS::TaskDefinition":                    taskDefinitionResource{s.ecs},
		"AWS::ElasticLoadBalancingV2::Listener":       listenerResource{s.elb},
		"AWS::ElasticLoadBalancingV2::LoadBalancer":   loadBalancerResource{s.elb},
		"AWS::ElasticLoadBalancingV2::TargetGroup":    targetGroupResource{s.elb},
		"AWS::SecretsManager::Secret":                 secretResource{s.secrets},
		"AWS::ServiceDiscovery::PrivateDnsNamespace":  namespaceResource{s.discovery},
		"AWS::ServiceDiscovery::Service":              nameResource{s.discovery},
		"AWS::SSM::Parameter":                         parameterResource{s.parameters},
	})
	return all
}

// decode reads properties into the struct that dst points to. What dst has no field
// for is refused by name, but for the properties that are ignored.
func decode(r cloudformation.Request, dst any, ignored ...string) error {
	props := maps.Clone(r.Properties)
	for _, name := range ignored {
		delete(props, name)
	}
	text, err := json.Marshal(props)
	if err != nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(dst); err != nil {
		return invalid("properties of %s: %v", r.LogicalID, err)
	}
	return nil
}

func invalid(format string, args ...any) error {
	return &cloudformation.HandlerError{Code: cloudformation.CodeInvalidRequest, Message: fmt.Sprintf(format, args...)}
}

func gone(format string, args ...any) error {
	return &cloudformation.HandlerError{Code: cloudformation.CodeNotFound, Message: fmt.Sprintf(format, args...)}
}

// changed tells whether an update changes a property.
func changed(r cloudformation.Request, name string) bool {
	return !reflect.DeepEqual(r.Properties[name], r.OldProperties[name])
}

// tag is an element of the Tags property of most types.
type tag struct{ Key, Value string }

func tagMap(tags []tag) map[string]string {
	if len(tags) == 0 {
		return nil
	}
	m := make(map[string]string, len(tags))
	for _, t := range tags {
		m[t.Key] = t.Value
	}
	return m
}

// settle looks at a resource until it is done.
func settle(ctx context.Context, done func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, settleTimeout)
	defer cancel()
	tick := time.NewTicker(settlePoll)
	defer tick.Stop()
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}
