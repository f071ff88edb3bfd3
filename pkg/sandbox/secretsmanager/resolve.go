package secretsmanager

import (
	"context"
	"fmt"
)

// Text is the text of a secret, which a name or an ARN names, for who puts it into something else: a template's dynamic reference,
// a container's environment. Stage and version may be empty.
func (s *Service) Text(ctx context.Context, id, stage, version string) (string, error) {
	v, err := s.GetSecretValue(ctx, GetSecretValueInput{SecretId: id, VersionId: version, VersionStage: stage})
	if err != nil {
		return "", fmt.Errorf("secret %s: %w", id, err)
	}
	if v.SecretString != nil {
		return *v.SecretString, nil
	}
	return string(v.SecretBinary), nil
}
