package customers

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
)

// Which is one of two secrets.
type Which string

// The secrets of a client that has two.
const (
	OldSecret Which = "old"
	NewSecret Which = "new"
)

// Rotated is a customer with a second secret.
type Rotated struct {
	Customer
	Secret   string // the new one
	SecretID string
}

// Rotate gives a client a second secret beside the one that it has; both are good until [Directory.Drop] ends one. The client may be
// somebody else's. With two secrets already it is ErrRotating.
func (d *Directory) Rotate(ctx context.Context, name string) (Rotated, error) {
	c, secrets, err := d.withSecrets(ctx, name)
	if err != nil {
		return Rotated{}, err
	}
	if len(secrets) > 1 {
		return Rotated{}, fmt.Errorf("%s: %w", name, ErrRotating)
	}
	out, err := d.client.AddUserPoolClientSecret(ctx, &cognito.AddUserPoolClientSecretInput{UserPoolId: &d.c.PoolID, ClientId: &c.ClientID}, once)
	if err != nil {
		return Rotated{}, d.unsure(ctx, c, fmt.Errorf("add a secret to client %s: %w", c.ClientID, err))
	}
	s := out.ClientSecretDescriptor
	return Rotated{c, aws.ToString(s.ClientSecretValue), aws.ToString(s.ClientSecretId)}, nil
}

// unsure returns err with what is left of a secret that may have been added and is known to nobody.
func (d *Directory) unsure(ctx context.Context, c Customer, err error) error {
	if refused(err) {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTime)
	defer cancel()
	secrets, lookErr := d.secrets(ctx, c.ClientID)
	switch {
	case lookErr != nil:
		return fmt.Errorf("%w; whether it has a second secret now is not known, because asking failed, too: %w", err, lookErr)
	case len(secrets) < 2:
		return err
	}
	return errors.Join(err, d.WithdrawSecret(ctx, c, secrets[1].ID))
}

// WithdrawSecret deletes a secret that [Directory.Rotate] has only just made and that could be told to nobody. It does so for some
// time even if ctx has ended; its error names what is left.
func (d *Directory) WithdrawSecret(ctx context.Context, c Customer, secretID string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTime)
	defer cancel()
	if err := d.deleteSecret(ctx, c.ClientID, secretID); err != nil {
		return fmt.Errorf("secret %s of %s is left, and nobody knows it: drop the new one (%w)", secretID, c.Name, err)
	}
	return nil
}

// Drop ends a rotation: the old secret is good for no token any more, or, to take the rotation back, the new one. With one secret it
// is ErrNotRotating.
func (d *Directory) Drop(ctx context.Context, name string, which Which) (Customer, error) {
	c, secrets, err := d.withSecrets(ctx, name)
	if err != nil {
		return Customer{}, err
	}
	if len(secrets) < 2 {
		return Customer{}, fmt.Errorf("%s: %w", name, ErrNotRotating)
	}
	s := secrets[0]
	if which == NewSecret {
		s = secrets[1]
	}
	return c, d.deleteSecret(ctx, c.ClientID, s.ID)
}

func (d *Directory) withSecrets(ctx context.Context, name string) (Customer, []Secret, error) {
	if err := checkName(name); err != nil {
		return Customer{}, nil, err
	}
	c, err := d.find(ctx, name)
	if err != nil {
		return Customer{}, nil, fmt.Errorf("%s: %w", name, err)
	}
	secrets, err := d.secrets(ctx, c.ClientID)
	return c, secrets, err
}

func (d *Directory) deleteSecret(ctx context.Context, clientID, secretID string) error {
	_, err := d.client.DeleteUserPoolClientSecret(ctx, &cognito.DeleteUserPoolClientSecretInput{UserPoolId: &d.c.PoolID, ClientId: &clientID, ClientSecretId: &secretID})
	if err != nil && !hasCode(err, codeNotFound) {
		return fmt.Errorf("delete secret %s of client %s: %w", secretID, clientID, err)
	}
	return nil
}
