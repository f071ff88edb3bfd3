package sns

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"
)

var nameExpr = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// CreateTopic makes a topic, or finds the one of that name, and returns its ARN.
func (s *Service) CreateTopic(_ context.Context, name string, attributes map[string]string) (string, error) {
	switch {
	case strings.HasSuffix(name, ".fifo"):
		return "", unsupported("FIFO topic")
	case len(name) > maxTopicName, !nameExpr.MatchString(name):
		return "", invalid("Topic Name")
	}
	if err := checkTopicAttributes(attributes); err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	arn := s.ARN(name)
	if t := s.topics[arn]; t != nil {
		for attribute, value := range attributes {
			if t.attributes[attribute] != value {
				return "", invalid("Attributes Reason: Topic already exists with different attributes")
			}
		}
		return arn, nil
	}
	if len(s.topics) >= MaxTopics {
		return "", errorf(CodeTopicLimit, "The sandbox has at most %d topics", MaxTopics)
	}
	kept := maps.Clone(attributes)
	if kept == nil {
		kept = make(map[string]string)
	}
	s.topics[arn] = &topic{arn: arn, attributes: kept}
	return arn, nil
}

// checkTopicAttributes accepts the attributes that are kept without effect.
func checkTopicAttributes(attributes map[string]string) *Error {
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		if !slices.Contains([]string{"DisplayName", "Policy", "KmsMasterKeyId", "TracingConfig", "SignatureVersion"}, name) {
			return unsupported("Attribute " + name)
		}
		if len(attributes[name]) > maxAttribute {
			return invalid("Attributes Reason: %s is too long", name)
		}
	}
	return nil
}

// DeleteTopic deletes a topic and its subscriptions. That it does not exist is no error, as on AWS.
func (s *Service) DeleteTopic(_ context.Context, arn string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.topics, arn)
	maps.DeleteFunc(s.subscriptions, func(_ string, sub *subscription) bool { return sub.topic == arn })
	return nil
}
