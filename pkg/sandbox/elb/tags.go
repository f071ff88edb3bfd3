package elb

import (
	"context"
	"slices"
)

// AddTagsInput names resources and the tags to give them.
type AddTagsInput struct {
	ResourceArns []string
	Tags         []Tag
}

// AddTags gives tags to resources; one of the same key is replaced.
func (s *Service) AddTags(_ context.Context, in AddTagsInput) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, arn := range in.ResourceArns {
		if e := s.exists(arn); e != nil {
			return e
		}
		if e := s.setTags(arn, in.Tags); e != nil {
			return e
		}
	}
	return nil
}

// setTags adds to the tags of a resource; s.mu is held.
func (s *Service) setTags(arn string, tags []Tag) *Error {
	all := slices.Clone(s.tags[arn])
	for _, t := range tags {
		if i := slices.IndexFunc(all, func(o Tag) bool { return o.Key == t.Key }); i >= 0 {
			all[i] = t
		} else {
			all = append(all, t)
		}
	}
	if len(all) > MaxTags {
		return errorf(CodeTooManyTags, "The maximum number of tags on a resource is %d", MaxTags)
	}
	s.tags[arn] = all
	return nil
}

// exists says that a resource is not there; s.mu is held.
func (s *Service) exists(arn string) *Error {
	switch {
	case s.loadBalancers[arn] != nil, s.targetGroups[arn] != nil, s.listeners[arn] != nil:
		return nil
	default:
		return invalid("'%.200s' is not the ARN of a load balancer, target group or listener", arn)
	}
}

// RemoveTagsInput names resources and keys of tags.
type RemoveTagsInput struct{ ResourceArns, TagKeys []string }

// RemoveTags takes tags from resources.
func (s *Service) RemoveTags(_ context.Context, in RemoveTagsInput) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, arn := range in.ResourceArns {
		if e := s.exists(arn); e != nil {
			return e
		}
		s.tags[arn] = slices.DeleteFunc(slices.Clone(s.tags[arn]), func(t Tag) bool { return slices.Contains(in.TagKeys, t.Key) })
	}
	return nil
}

// DescribeTagsInput names resources.
type DescribeTagsInput struct{ ResourceArns []string }

// TagDescription are the tags of a resource.
type TagDescription struct {
	ResourceArn string
	Tags        []Tag `xml:"Tags>member"`
}

// DescribeTagsOutput are the tags of each resource.
type DescribeTagsOutput struct {
	TagDescriptions []TagDescription `xml:"TagDescriptions>member"`
}

// DescribeTags tells the tags of resources.
func (s *Service) DescribeTags(_ context.Context, in DescribeTagsInput) (DescribeTagsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out DescribeTagsOutput
	for _, arn := range in.ResourceArns {
		if e := s.exists(arn); e != nil {
			return out, e
		}
		out.TagDescriptions = append(out.TagDescriptions, TagDescription{arn, slices.Clone(s.tags[arn])})
	}
	return out, nil
}
