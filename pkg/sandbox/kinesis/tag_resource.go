package kinesis

import (
	"context"
	"maps"
	"slices"
)

// TagResourceInput is the input of TagResource.
type TagResourceInput struct {
	ResourceARN string
	Tags        map[string]string
}

// tagResource adds tags to a stream or a consumer, or gives them other values.
func (s *Service) tagResource(_ context.Context, in TagResourceInput) error {
	return s.changeResource(in.ResourceARN, func(r *resource) (err error) {
		r.tags, err = s.withTags(r.tags, in.Tags, r.label)
		return err
	})
}

// UntagResourceInput is the input of UntagResource.
type UntagResourceInput struct {
	ResourceARN string
	TagKeys     []string
}

// untagResource removes tags from a stream or a consumer; keys that it lacks are ignored.
func (s *Service) untagResource(_ context.Context, in UntagResourceInput) error {
	return s.changeResource(in.ResourceARN, func(r *resource) error {
		r.tags = withoutTags(r.tags, in.TagKeys)
		return nil
	})
}

// ListTagsForResourceInput is the input of ListTagsForResource.
type ListTagsForResourceInput struct{ ResourceARN string }

// ListTagsForResourceOutput is the output of ListTagsForResource.
type ListTagsForResourceOutput struct{ Tags []Tag }

// listTagsForResource gives the tags of a stream or a consumer by key.
func (s *Service) listTagsForResource(_ context.Context, in ListTagsForResourceInput) (ListTagsForResourceOutput, error) {
	r, err := s.resource(in.ResourceARN)
	if err != nil {
		return ListTagsForResourceOutput{}, err
	}
	out := ListTagsForResourceOutput{Tags: []Tag{}}
	for _, k := range slices.Sorted(maps.Keys(r.tags)) {
		out.Tags = append(out.Tags, Tag{k, r.tags[k]})
	}
	return out, nil
}
