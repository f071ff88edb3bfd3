package kinesis

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
)

// maxTags bounds the tags of a stream.
const maxTags = 50

// AddTagsToStreamInput is the input of AddTagsToStream.
type AddTagsToStreamInput struct {
	StreamName, StreamARN string
	Tags                  map[string]string
}

// AddTagsToStream adds tags to a stream, or gives them other values.
// Errors: CodeResourceNotFound, CodeInvalidArgument, CodeValidation.
func (s *Service) AddTagsToStream(ctx context.Context, in AddTagsToStreamInput) error {
	if err := s.check("AddTagsToStream", in); err != nil {
		return err
	}
	return s.addTagsToStream(ctx, in)
}

func (s *Service) addTagsToStream(_ context.Context, in AddTagsToStreamInput) error {
	return s.change(in.StreamName, in.StreamARN, func(st *stream, _ time.Time) (streamState, error) {
		next := *st.state.Load()
		var err error
		next.tags, err = s.withTags(next.tags, in.Tags, "stream "+st.name)
		return next, err
	})
}

// withTags gives the tags of something with more of them.
func (s *Service) withTags(have, more map[string]string, what string) (map[string]string, error) {
	if err := checkTags(more); err != nil {
		return nil, err
	}
	tags := map[string]string{}
	maps.Copy(tags, have)
	maps.Copy(tags, more)
	if len(tags) > maxTags {
		return nil, fault(CodeInvalidArgument, "Failed to add tags to %s under account %s "+
			"because a given stream cannot have more than %d tags associated with it.", what, s.cfg.AccountID, maxTags)
	}
	return tags, nil
}

// withoutTags gives the tags of something without those with the keys.
func withoutTags(have map[string]string, keys []string) map[string]string {
	tags := maps.Clone(have)
	maps.DeleteFunc(tags, func(k, _ string) bool { return slices.Contains(keys, k) })
	return tags
}

// checkTags checks the characters and the number of tags.
func checkTags(tags map[string]string) error {
	for k, v := range tags {
		if strings.ContainsFunc(k+v, badInTag) {
			return fault(CodeInvalidArgument, "Some tags contain invalid characters. Valid characters: "+
				"Unicode letters, digits, white space, _ . / = + - %% @.")
		}
	}
	if len(tags) > maxTags {
		return fault(CodeInvalidArgument, "A stream cannot have more than %d tags associated with it.", maxTags)
	}
	return nil
}

func badInTag(c rune) bool {
	return !unicode.IsLetter(c) && !unicode.IsDigit(c) && !unicode.IsSpace(c) && !strings.ContainsRune("_./=+-%@:", c)
}

// RemoveTagsFromStreamInput is the input of RemoveTagsFromStream.
type RemoveTagsFromStreamInput struct {
	StreamName, StreamARN string
	TagKeys               []string
}

// RemoveTagsFromStream removes tags from a stream; keys that it lacks are ignored.
// Errors: CodeResourceNotFound, CodeInvalidArgument, CodeValidation.
func (s *Service) RemoveTagsFromStream(ctx context.Context, in RemoveTagsFromStreamInput) error {
	if err := s.check("RemoveTagsFromStream", in); err != nil {
		return err
	}
	return s.removeTagsFromStream(ctx, in)
}

func (s *Service) removeTagsFromStream(_ context.Context, in RemoveTagsFromStreamInput) error {
	return s.change(in.StreamName, in.StreamARN, func(st *stream, _ time.Time) (streamState, error) {
		next := *st.state.Load()
		next.tags = withoutTags(next.tags, in.TagKeys)
		return next, nil
	})
}

// ListTagsForStreamInput is the input of ListTagsForStream.
type ListTagsForStreamInput struct {
	StreamName, StreamARN string
	ExclusiveStartTagKey  string
	Limit                 int
}

// ListTagsForStreamOutput is the output of ListTagsForStream.
type ListTagsForStreamOutput struct {
	Tags        []Tag
	HasMoreTags bool
}

// Tag is a tag of a stream.
type Tag struct{ Key, Value string }

// ListTagsForStream gives a page of a stream's tags by key.
// Errors: CodeResourceNotFound, CodeInvalidArgument, CodeValidation.
func (s *Service) ListTagsForStream(ctx context.Context, in ListTagsForStreamInput) (ListTagsForStreamOutput, error) {
	if err := s.check("ListTagsForStream", in); err != nil {
		return ListTagsForStreamOutput{}, err
	}
	return s.listTagsForStream(ctx, in)
}

func (s *Service) listTagsForStream(_ context.Context, in ListTagsForStreamInput) (ListTagsForStreamOutput, error) {
	st, err := s.stream(in.StreamName, in.StreamARN)
	if err != nil {
		return ListTagsForStreamOutput{}, err
	}
	limit := in.Limit
	setDefault(&limit, maxTags)
	tags, out := st.state.Load().tags, ListTagsForStreamOutput{Tags: []Tag{}}
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		if k <= in.ExclusiveStartTagKey {
			continue
		}
		if len(out.Tags) == limit {
			out.HasMoreTags = true
			break
		}
		out.Tags = append(out.Tags, Tag{k, tags[k]})
	}
	return out, nil
}
