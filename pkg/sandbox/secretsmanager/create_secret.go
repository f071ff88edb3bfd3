package secretsmanager

import "context"

// CreateSecretInput is what a secret is made of. A secret may be made without a value.
type CreateSecretInput struct {
	Name, Description, KmsKeyId string
	Tags                        []Tag
	value
}

// SecretOutput names a secret and, where the call made one, a version of it.
type SecretOutput struct {
	ARN, Name     string
	VersionId     string   `json:",omitempty"`
	VersionStages []string `json:",omitempty"`
}

// CreateSecret makes a secret.
func (s *Service) CreateSecret(_ context.Context, in CreateSecretInput) (SecretOutput, error) {
	if e := checkName(in.Name); e != nil {
		return SecretOutput{}, e
	}
	if e := in.check(); e != nil {
		return SecretOutput{}, e
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expire()
	if old := s.secrets[in.Name]; old != nil {
		return s.createAgain(old, in)
	}
	if len(s.secrets) >= MaxSecrets {
		return SecretOutput{}, errorf(CodeLimit, "The sandbox keeps at most %d secrets.", MaxSecrets)
	}
	now := s.cfg.Clock()
	made := &secret{
		name: in.Name, arn: s.arn(in.Name) + "-" + random(arnSuffix, lower+upper+digits), description: in.Description, kmsKey: in.KmsKeyId, tags: in.Tags,
		created: now, changed: now,
	}
	out := SecretOutput{ARN: made.arn, Name: made.name}
	if in.given() {
		v, e := made.put(in.value, []string{stageCurrent}, now)
		if e != nil {
			return SecretOutput{}, e
		}
		out.VersionId = v.id
	}
	s.secrets[in.Name] = made
	return out, nil
}

// createAgain answers a repeated call; s.mu is held.
func (s *Service) createAgain(old *secret, in CreateSecretInput) (SecretOutput, error) {
	if !old.deleted.IsZero() {
		return SecretOutput{}, errorf(CodeInvalidRequest, "You can't create this secret because a secret with this name is already scheduled for deletion.")
	}
	if v := old.version(in.ClientRequestToken); in.ClientRequestToken != "" && v != nil && in.matches(v) {
		return SecretOutput{ARN: old.arn, Name: old.name, VersionId: v.id}, nil
	}
	return SecretOutput{}, errorf(CodeExists, "The operation failed because the secret %s already exists.", in.Name)
}
