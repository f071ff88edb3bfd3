package secretsmanager

import (
	"context"
	"time"
)

// RestoreSecret takes back the request to delete a secret.
func (s *Service) RestoreSecret(_ context.Context, id string) (SecretOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sec, e := s.find(id)
	if e != nil {
		return SecretOutput{}, e
	}
	sec.deleted = time.Time{}
	return SecretOutput{ARN: sec.arn, Name: sec.name}, nil
}
