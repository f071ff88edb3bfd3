package kinesis

import (
	"context"
	"regexp"
	"sync"
	"time"
)

// encryptionsPerDay is how often the encryption of a stream may be changed in 24 hours.
const encryptionsPerDay = 25

// StreamEncryptionInput is the input of StartStreamEncryption and
// StopStreamEncryption. EncryptionType is EncryptionKMS; KeyId is a UUID, an
// alias or the ARN of either.
type StreamEncryptionInput struct {
	StreamName, StreamARN string
	EncryptionType        string
	KeyId                 string
}

// StartStreamEncryption marks the records that come from now on as encrypted.
// Nothing is encrypted: there is no key.
// Errors: CodeResourceNotFound, CodeResourceInUse, CodeInvalidArgument, CodeLimitExceeded, CodeKMSNotFound, CodeValidation.
func (s *Service) StartStreamEncryption(ctx context.Context, in StreamEncryptionInput) error {
	return checkedSilent(ctx, s, "StartStreamEncryption", in, (*Service).startStreamEncryption)
}

func (s *Service) startStreamEncryption(_ context.Context, in StreamEncryptionInput) error {
	return s.encrypt(in, in.KeyId)
}

// StopStreamEncryption ends what StartStreamEncryption began.
// Errors: as StartStreamEncryption.
func (s *Service) StopStreamEncryption(ctx context.Context, in StreamEncryptionInput) error {
	return checkedSilent(ctx, s, "StopStreamEncryption", in, (*Service).stopStreamEncryption)
}

func (s *Service) stopStreamEncryption(_ context.Context, in StreamEncryptionInput) error {
	return s.encrypt(in, "")
}

func (s *Service) encrypt(in StreamEncryptionInput, key string) error {
	return s.change(in.StreamName, in.StreamARN, func(st *stream, now time.Time) (streamState, error) {
		next, err := s.begin(st, StatusUpdating, now)
		if err != nil {
			return streamState{}, err
		}
		switch {
		case in.EncryptionType != EncryptionKMS:
			return streamState{}, fault(CodeInvalidArgument, "EncryptionType %s is not supported: the only valid value is KMS.", in.EncryptionType)
		case !keyID().MatchString(in.KeyId):
			return streamState{}, fault(CodeKMSNotFound, "Invalid keyId %s", in.KeyId)
		}
		next.encryptions, err = s.useToday(next.encryptions, encryptionsPerDay, now, "The encryption of a stream can be changed")
		next.key = key
		return next, err
	})
}

// keyID is the form of a KeyId in the API reference.
//
//nolint:gochecknoglobals // compiled once
var keyID = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(arn:aws[\w-]*:kms:[\w-]+:\d{12}:(key|alias)/.+|alias/.+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$`)
})
