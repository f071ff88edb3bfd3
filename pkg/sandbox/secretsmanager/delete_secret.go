package secretsmanager

import (
	"context"
	"time"
)

// DeleteSecretInput says how a secret is to go: after a window, in days, or at once.
type DeleteSecretInput struct {
	SecretId                   string
	RecoveryWindowInDays       *int
	ForceDeleteWithoutRecovery bool
}

// DeleteSecretOutput says when a secret ends.
type DeleteSecretOutput struct {
	ARN, Name    string
	DeletionDate epoch
}

// DeleteSecret marks a secret for deletion, or deletes it.
func (s *Service) DeleteSecret(_ context.Context, in DeleteSecretInput) (DeleteSecretOutput, error) {
	window := defaultWindow
	if in.RecoveryWindowInDays != nil {
		window = *in.RecoveryWindowInDays
		switch {
		case in.ForceDeleteWithoutRecovery:
			return DeleteSecretOutput{}, invalidParameter("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.")
		case window < minWindow || window > maxWindow:
			return DeleteSecretOutput{}, invalidParameter("The RecoveryWindowInDays value must be between %d and %d days (inclusive).", minWindow, maxWindow)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	sec, e := s.find(in.SecretId)
	if e != nil {
		return DeleteSecretOutput{}, e
	}
	end := s.cfg.Clock().Add(time.Duration(window) * day)
	switch {
	case in.ForceDeleteWithoutRecovery:
		end = s.cfg.Clock()
		delete(s.secrets, sec.name)
	case !sec.deleted.IsZero():
		return DeleteSecretOutput{}, markedForDeletion()
	default:
		sec.deleted = end
	}
	return DeleteSecretOutput{sec.arn, sec.name, epoch(end)}, nil
}
