package secretsmanager

import "context"

// PutSecretValueInput is a further version of a secret. Without labels it becomes the current one.
type PutSecretValueInput struct {
	SecretId      string
	VersionStages []string
	value
}

// PutSecretValue adds a version.
func (s *Service) PutSecretValue(_ context.Context, in PutSecretValueInput) (SecretOutput, error) {
	if e := in.check(); e != nil {
		return SecretOutput{}, e
	}
	if !in.given() {
		return SecretOutput{}, errorf(CodeInvalidRequest, "You must provide either SecretString or SecretBinary.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	sec, e := s.usable(in.SecretId)
	if e != nil {
		return SecretOutput{}, e
	}
	stages := in.VersionStages
	if len(stages) == 0 {
		stages = []string{stageCurrent}
	}
	v, e := sec.put(in.value, stages, s.cfg.Clock())
	if e != nil {
		return SecretOutput{}, e
	}
	return SecretOutput{ARN: sec.arn, Name: sec.name, VersionId: v.id, VersionStages: v.stages}, nil
}
