package lambda

import (
	"context"
	"maps"
	"unicode/utf8"
)

// The limits of tags.
const (
	maxTags     = 50
	maxTagKey   = 128
	maxTagValue = 256
)

func checkTags(tags map[string]string) *Error {
	if len(tags) > maxTags {
		return errorf(codeInvalidValue, "The number of tags exceeds the limit of %d", maxTags)
	}
	for key, value := range tags {
		if n := utf8.RuneCountInString(key); n < 1 || n > maxTagKey {
			return constraint("tags", key, "satisfy constraint: [Map keys must have length between 1 and 128]")
		}
		if utf8.RuneCountInString(value) > maxTagValue {
			return constraint("tags", key, "satisfy constraint: [Map value must have length between 0 and 256]")
		}
	}
	return nil
}

// ListTags lists the tags of a function, by its ARN.
func (s *Service) ListTags(_ context.Context, arn string) (map[string]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, e := s.find(arn)
	if e != nil {
		return nil, e
	}
	return maps.Clone(f.tags), nil
}

// TagResource adds or replaces tags of a function.
func (s *Service) TagResource(_ context.Context, arn string, tags map[string]string) error {
	return s.change(arn, func(f *function) *Error {
		merged := maps.Clone(f.tags)
		if merged == nil {
			merged = make(map[string]string, len(tags))
		}
		maps.Copy(merged, tags)
		if err := checkTags(merged); err != nil {
			return err
		}
		f.tags = merged
		return nil
	})
}

// UntagResource removes tags of a function; keys that it does not have are no error.
func (s *Service) UntagResource(_ context.Context, arn string, keys []string) error {
	return s.change(arn, func(f *function) *Error {
		for _, key := range keys {
			delete(f.tags, key)
		}
		return nil
	})
}
