package secretsmanager

import "context"

// GetSecretValueInput names a version of a secret: by its id, by a label, or the current one.
type GetSecretValueInput struct{ SecretId, VersionId, VersionStage string }

// SecretValue is a version of a secret with its value.
type SecretValue struct {
	SecretOutput
	SecretString *string `json:",omitempty"`
	SecretBinary []byte  `json:",omitempty"`
	CreatedDate  epoch
}

// GetSecretValue answers a value.
func (s *Service) GetSecretValue(_ context.Context, in GetSecretValueInput) (SecretValue, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sec, e := s.usable(in.SecretId)
	if e != nil {
		return SecretValue{}, e
	}
	v, e := sec.pick(in)
	if e != nil {
		return SecretValue{}, e
	}
	sec.accessed = s.cfg.Clock().Truncate(day)
	out := SecretValue{
		SecretOutput: SecretOutput{ARN: sec.arn, Name: sec.name, VersionId: v.id, VersionStages: v.stages}, CreatedDate: epoch(v.created),
	}
	if v.binary != nil {
		out.SecretBinary = v.binary
	} else {
		out.SecretString = &v.text
	}
	return out, nil
}

func (sec *secret) pick(in GetSecretValueInput) (*version, *Error) {
	stage := in.VersionStage
	if stage == "" {
		stage = stageCurrent
	}
	v := sec.staged(stage)
	what := "staging label: " + stage
	if in.VersionId != "" {
		v, what = sec.version(in.VersionId), "VersionId: "+in.VersionId
	}
	switch {
	case v == nil:
		return nil, errorf(CodeNotFound, "Secrets Manager can't find the specified secret value for %s", what)
	case in.VersionId != "" && in.VersionStage != "" && sec.staged(in.VersionStage) != v:
		return nil, errorf(CodeInvalidRequest, "The VersionId and VersionStage you provided don't refer to the same version of the secret.")
	}
	return v, nil
}
