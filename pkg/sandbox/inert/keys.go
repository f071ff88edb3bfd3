package inert

import (
	"time"

	"github.com/google/uuid"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
)

func keyKinds() map[string]kind {
	return map[string]kind{
		"AWS::KMS::Key": {make: func(a *Account, _ cloudformation.Request) (made, error) {
			id := uuid.NewString()
			return made{id: id, attributes: map[string]any{"KeyId": id, "Arn": a.arn("kms", "key/"+id)}}, nil
		}},
		"AWS::CertificateManager::Certificate": {make: func(a *Account, _ cloudformation.Request) (made, error) {
			arn := a.arn("acm", "certificate/"+uuid.NewString())
			return made{id: arn, attributes: map[string]any{"Id": arn, "CertificateArn": arn}}, nil
		}},
	}
}

// now is the time in the form of attributes.
func now() string { return time.Now().UTC().Format("2006-01-02T15:04:05Z") }
