package mockcognito

import (
	"maps"

	"github.com/spillway/spillway/mockcognito/internal/schema"
)

// maxTags is the quota of https://docs.aws.amazon.com/cognito/latest/developerguide/tagging.html.
const maxTags = 50

// tagRequest are the members of the operations on tags.
type tagRequest struct {
	ResourceArn string
	Tags        map[string]string
	TagKeys     []string
}

type tagsAnswer struct{ Tags map[string]string }

func tooManyTags() *apiError { return invalid("A user pool has at most %d tags.", maxTags) }

// poolIDOf returns the id of the pool with that ARN, "" if there is none.
func (s *Server) poolIDOf(arn string) string {
	for _, p := range s.directory().pools {
		if s.poolARN(p) == arn {
			return p.id
		}
	}
	return ""
}

func noResource(arn string) *apiError {
	return refuse(codeNotFound, "Resource %s does not exist.", arn)
}

func (s *Server) listTagsForResource(in schema.Fields) (any, error) {
	var req tagRequest
	if err := decode(in, &req); err != nil {
		return nil, err
	}
	p := s.directory().pool(s.poolIDOf(req.ResourceArn))
	if p == nil {
		return nil, noResource(req.ResourceArn)
	}
	tags := map[string]string{}
	maps.Copy(tags, p.tags)
	return tagsAnswer{tags}, nil
}

func (s *Server) tagResource(in schema.Fields) (any, error) {
	return s.changeTags(in, func(tags map[string]string, req tagRequest) { maps.Copy(tags, req.Tags) })
}

func (s *Server) untagResource(in schema.Fields) (any, error) {
	return s.changeTags(in, func(tags map[string]string, req tagRequest) {
		for _, key := range req.TagKeys {
			delete(tags, key)
		}
	})
}

func (s *Server) changeTags(in schema.Fields, do func(tags map[string]string, req tagRequest)) (any, error) {
	var req tagRequest
	if err := decode(in, &req); err != nil {
		return nil, err
	}
	id := s.poolIDOf(req.ResourceArn)
	if id == "" {
		return nil, noResource(req.ResourceArn)
	}
	return struct{}{}, s.changePool(id, func(_ *directory, p *pool) error {
		tags := map[string]string{}
		maps.Copy(tags, p.tags)
		do(tags, req)
		if len(tags) > maxTags {
			return tooManyTags()
		}
		p.tags = tags
		return nil
	})
}
