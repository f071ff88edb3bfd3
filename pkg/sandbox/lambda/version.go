package lambda

import (
	"cmp"
	"context"
	"reflect"
	"strconv"

	"github.com/google/uuid"
)

// PublishVersionInput is a request to keep the present code and configuration of a function as a version.
type PublishVersionInput struct {
	FunctionName string `json:"-"`
	CodeSha256   string // "" or what the code must have
	Description  *string
	RevisionId   string // "" or what the function must have
}

// PublishVersion keeps the present code and configuration of a function. If nothing has changed since the last version,
// that one is the answer, as on AWS.
func (s *Service) PublishVersion(_ context.Context, in PublishVersionInput) (FunctionConfiguration, error) {
	s.changes.Lock()
	defer s.changes.Unlock()
	c, err := s.present(in.FunctionName, in.RevisionId)
	if err != nil {
		return FunctionConfiguration{}, err
	}
	if in.CodeSha256 != "" && in.CodeSha256 != c.CodeSha256 {
		return FunctionConfiguration{}, errorf(codeInvalidValue, "CodeSHA256 (%s) is different from current CodeSHA256 in $LATEST (%s). Please try again with the CodeSHA256 in $LATEST.",
			in.CodeSha256, c.CodeSha256)
	}
	description := c.Description
	set(&description, in.Description)
	if len(description) > maxDescription {
		return FunctionConfiguration{}, constraint("description", description, "have length less than or equal to 256")
	}
	s.mu.Lock()
	f := s.functions[c.FunctionName]
	s.mu.Unlock()
	out, err := s.publish(f, description)
	if err != nil {
		return FunctionConfiguration{}, asError(err)
	}
	return out, s.save(c.FunctionName)
}

// MaxVersions bounds the versions of a function, so that no caller can fill the memory with them.
const MaxVersions = 1000

// publish makes a version of what a function is at present; s.changes is held.
func (s *Service) publish(f *function, description string) (FunctionConfiguration, error) {
	s.mu.Lock()
	c, taskRoot := f.snapshot(), f.taskRoot
	last := f.versions[strconv.Itoa(f.published)]
	tooMany := len(f.versions) >= MaxVersions
	number := strconv.Itoa(f.published + 1)
	s.mu.Unlock()
	if last != nil && sameVersion(last.config, c) {
		return last.snapshot(), nil
	}
	if tooMany {
		return FunctionConfiguration{}, errorf(codeStorage, "Code storage limit exceeded: at most %d versions of a function.", MaxVersions)
	}
	c.Version, c.Description, c.RevisionId = number, description, uuid.NewString()
	c.FunctionArn = s.functionARN(functionID{c.FunctionName, number})
	if err := s.checkStorage(c.CodeSize); err != nil {
		return FunctionConfiguration{}, err
	}
	pool, err := s.newPool(c, taskRoot)
	if err != nil {
		return FunctionConfiguration{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f.published++
	f.versions[number] = &revision{config: c, taskRoot: taskRoot, pool: pool}
	f.config.RevisionId = uuid.NewString()
	return f.versions[number].snapshot(), nil
}

// sameVersion tells whether two configurations differ in nothing that makes a version another one.
func sameVersion(a, b FunctionConfiguration) bool {
	for _, c := range []*FunctionConfiguration{&a, &b} {
		c.Version, c.FunctionArn, c.RevisionId, c.LastModified, c.Description = "", "", "", "", ""
	}
	return reflect.DeepEqual(a, b)
}

// compareVersions orders versions by their numbers.
func compareVersions(a, b string) int {
	x, _ := strconv.Atoi(a)
	y, _ := strconv.Atoi(b)
	return cmp.Compare(x, y)
}

// ListVersionsOutput is a page of versions.
type ListVersionsOutput struct {
	Versions   []FunctionConfiguration
	NextMarker string `json:",omitempty"`
}

// ListVersionsByFunction lists $LATEST and the versions of a function in their order.
func (s *Service) ListVersionsByFunction(_ context.Context, name, marker string, maxItems int) (ListVersionsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, e := s.find(name)
	if e != nil {
		return ListVersionsOutput{}, e
	}
	out := ListVersionsOutput{Versions: []FunctionConfiguration{}}
	limit := functionsPage
	if maxItems > 0 {
		limit = min(limit, maxItems)
	}
	for _, r := range f.revisions() {
		if marker != "" && (r.config.Version == latest || compareVersions(r.config.Version, marker) <= 0) {
			continue
		}
		if len(out.Versions) == limit {
			out.NextMarker = out.Versions[limit-1].Version
			break
		}
		c := r.snapshot()
		c.FunctionArn = s.functionARN(functionID{c.FunctionName, c.Version})
		out.Versions = append(out.Versions, c)
	}
	return out, nil
}
