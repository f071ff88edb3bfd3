package secretsmanager

import "context"

// UpdateSecretInput is what is to change; what is nil stays.
type UpdateSecretInput struct {
	SecretId              string
	Description, KmsKeyId *string
	value
}

// UpdateSecret changes what describes a secret, and adds a version, which becomes the current one, if there is a value.
func (s *Service) UpdateSecret(_ context.Context, in UpdateSecretInput) (SecretOutput, error) {
	if e := in.check(); e != nil {
		return SecretOutput{}, e
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	sec, e := s.usable(in.SecretId)
	if e != nil {
		return SecretOutput{}, e
	}
	out := SecretOutput{ARN: sec.arn, Name: sec.name}
	if in.given() {
		v, e := sec.put(in.value, []string{stageCurrent}, s.cfg.Clock())
		if e != nil {
			return SecretOutput{}, e
		}
		out.VersionId = v.id
	}
	if in.Description != nil {
		sec.description = *in.Description
	}
	if in.KmsKeyId != nil {
		sec.kmsKey = *in.KmsKeyId
	}
	sec.changed = s.cfg.Clock()
	return out, nil
}

// SetTags replaces the tags of a secret, as a template does.
func (s *Service) SetTags(_ context.Context, id string, tags []Tag) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	sec, e := s.usable(id)
	if e != nil {
		return e
	}
	sec.tags = tags
	return nil
}
