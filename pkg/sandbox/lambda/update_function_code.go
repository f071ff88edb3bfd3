package lambda

import "context"

// UpdateFunctionCodeInput is a request to replace the code of a function.
type UpdateFunctionCodeInput struct {
	FunctionName  string `json:"-"`
	ZipFile       []byte
	S3Bucket      string
	S3Key         string
	DryRun        bool
	RevisionId    string
	Architectures []string
	Publish       bool
}

// UpdateFunctionCode replaces the code of a function. Running invocations end with the old code.
func (s *Service) UpdateFunctionCode(ctx context.Context, in UpdateFunctionCodeInput) (FunctionConfiguration, error) {
	s.changes.Lock()
	defer s.changes.Unlock()
	c, err := s.present(in.FunctionName, in.RevisionId)
	if err != nil {
		return FunctionConfiguration{}, err
	}
	if len(in.Architectures) > 0 {
		c.Architectures = in.Architectures
	}
	if err := c.check(); err != nil {
		return FunctionConfiguration{}, err
	}
	u, err := s.unpack(ctx, c.FunctionName, FunctionCode{ZipFile: in.ZipFile, S3Bucket: in.S3Bucket, S3Key: in.S3Key})
	if err != nil {
		return FunctionConfiguration{}, asError(err)
	}
	if in.DryRun {
		if err := removeCode(u.taskRoot); err != nil {
			return FunctionConfiguration{}, asError(err)
		}
		return c, nil
	}
	c.CodeSize, c.CodeSha256 = u.size, u.sha256
	return s.replace(c, u.taskRoot, in.Publish)
}

// present is the configuration of a function, to be changed and given to replace. s.changes is held.
func (s *Service) present(name, revision string) (FunctionConfiguration, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, e := s.find(name)
	if e != nil {
		return FunctionConfiguration{}, e
	}
	if id, _ := s.parseName(name); id.qualifier != "" && id.qualifier != latest {
		return FunctionConfiguration{}, errorf(codeInvalidValue, "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN.")
	}
	if revision != "" && revision != f.config.RevisionId {
		return FunctionConfiguration{}, staleRevision()
	}
	return f.snapshot(), nil
}

func staleRevision() *Error {
	return errorf(codePrecondition, "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id")
}

// replace makes c, with code at taskRoot, the present revision, and publishes it if asked. The answer says that the update
// is in progress, as on AWS; the next look at the function says Successful. s.changes is held.
func (s *Service) replace(c FunctionConfiguration, taskRoot string, publish bool) (FunctionConfiguration, error) {
	c.touch(s.cfg.Clock())
	pool, err := s.newPool(c, taskRoot)
	if err != nil {
		return FunctionConfiguration{}, asError(err)
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return FunctionConfiguration{}, errClosed
	}
	f := s.functions[c.FunctionName]
	oldPool, oldRoot := f.pool, f.taskRoot
	s.retired[oldPool] = oldRoot
	f.revision = revision{config: c, taskRoot: taskRoot, pool: pool}
	out := f.snapshot()
	s.mu.Unlock()
	s.retire(oldPool, oldRoot)
	if publish {
		if out, err = s.publish(f, c.Description); err != nil {
			return FunctionConfiguration{}, asError(err)
		}
	}
	if err := s.save(c.FunctionName); err != nil {
		return FunctionConfiguration{}, err
	}
	out.LastUpdateStatus, out.LastUpdateStatusReason, out.LastUpdateStatusReasonCode = "InProgress", "The function is being created.", "Creating"
	return out, nil
}
