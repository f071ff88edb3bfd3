package sandbox

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
	"github.com/spillway/spillway/pkg/sandbox/secretsmanager"
)

// secretNameEnd is how long the random end of a secret's name is that the template does not give.
const secretNameEnd = 12

// secretTexts lets CloudFormation read secrets.
type secretTexts struct{ *secretsmanager.Service }

// Secret implements cloudformation.SecretStore.
func (s secretTexts) Secret(ctx context.Context, id, stage, version string) (value string, ok bool, err error) {
	value, err = s.Text(ctx, id, stage, version)
	var e *secretsmanager.Error
	if errors.As(err, &e) && e.Code == secretsmanager.CodeNotFound {
		return "", false, nil
	}
	return value, err == nil, err
}

// secretResource makes AWS::SecretsManager::Secret.
type secretResource struct{ secrets *secretsmanager.Service }

type secretProperties struct {
	Name, Description, KmsKeyId string
	SecretString                *string
	GenerateSecretString        *generateSecretString
	Tags                        []secretsmanager.Tag
}

// generateSecretString says how a value is generated: a password, or a JSON object with one in it.
type generateSecretString struct {
	secretsmanager.PasswordInput
	SecretStringTemplate, GenerateStringKey string
}

// value is what the template wants in the secret; nil means nothing.
func (p secretProperties) value() (*string, error) {
	g := p.GenerateSecretString
	switch {
	case g == nil:
		return p.SecretString, nil
	case p.SecretString != nil:
		return nil, invalid("Must specify either SecretString or GenerateSecretString")
	case (g.SecretStringTemplate == "") != (g.GenerateStringKey == ""):
		return nil, invalid("SecretStringTemplate and GenerateStringKey must be given together")
	}
	password, err := secretsmanager.RandomPassword(g.PasswordInput)
	if err != nil || g.SecretStringTemplate == "" {
		return &password, secretError(err)
	}
	members := map[string]any{}
	if err := json.Unmarshal([]byte(g.SecretStringTemplate), &members); err != nil {
		return nil, invalid("Could not parse SecretStringTemplate JSON: %v", err)
	}
	members[g.GenerateStringKey] = password
	whole, err := json.Marshal(members)
	text := string(whole)
	return &text, err
}

// Create implements cloudformation.Provisioner.
func (s secretResource) Create(ctx context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	var p secretProperties
	if err := decode(r, &p); err != nil {
		return cloudformation.Result{}, err
	}
	value, err := p.value()
	if err != nil {
		return cloudformation.Result{}, err
	}
	if p.Name == "" {
		p.Name = r.LogicalID + "-" + cloudformation.RandomID(secretNameEnd)
	}
	in := secretsmanager.CreateSecretInput{Name: p.Name, Description: p.Description, KmsKeyId: p.KmsKeyId, Tags: p.Tags}
	in.SecretString = value
	out, err := s.secrets.CreateSecret(ctx, in)
	if err != nil {
		return cloudformation.Result{}, secretError(err)
	}
	return cloudformation.Result{PhysicalID: out.ARN, Attributes: map[string]any{"Id": out.ARN}}, nil
}

// Update implements cloudformation.Provisioner. The value changes only where what makes it does.
func (s secretResource) Update(ctx context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	var p secretProperties
	if err := decode(r, &p); err != nil {
		return cloudformation.Result{}, err
	}
	in := secretsmanager.UpdateSecretInput{SecretId: r.PhysicalID, Description: &p.Description, KmsKeyId: &p.KmsKeyId}
	if changed(r, "SecretString") || changed(r, "GenerateSecretString") {
		value, err := p.value()
		if err != nil {
			return cloudformation.Result{}, err
		}
		in.SecretString = value
	}
	if _, err := s.secrets.UpdateSecret(ctx, in); err != nil {
		return cloudformation.Result{}, secretError(err)
	}
	return cloudformation.Result{PhysicalID: r.PhysicalID}, secretError(s.secrets.SetTags(ctx, r.PhysicalID, p.Tags))
}

// Delete implements cloudformation.Provisioner. A stack deletes its secrets at once.
func (s secretResource) Delete(ctx context.Context, r cloudformation.Request) error {
	_, err := s.secrets.DeleteSecret(ctx, secretsmanager.DeleteSecretInput{SecretId: r.PhysicalID, ForceDeleteWithoutRecovery: true})
	return secretError(err)
}

// secretError gives an error of Secrets Manager the code that a resource handler would.
func secretError(err error) error {
	var e *secretsmanager.Error
	if !errors.As(err, &e) {
		return err
	}
	code := cloudformation.CodeInvalidRequest
	switch e.Code {
	case secretsmanager.CodeNotFound:
		code = cloudformation.CodeNotFound
	case secretsmanager.CodeExists:
		code = cloudformation.CodeAlreadyExists
	}
	return &cloudformation.HandlerError{Code: code, Message: e.Message}
}
