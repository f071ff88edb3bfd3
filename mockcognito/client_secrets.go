package mockcognito

import (
	"fmt"
	"slices"
	"time"

	"github.com/spillway/spillway/mockcognito/internal/schema"
)

// clientSecretDescriptor is a secret in an answer. The value is told once, by the request that had it generated.
type clientSecretDescriptor struct {
	ClientSecretId         string
	ClientSecretValue      string `json:",omitempty"`
	ClientSecretCreateDate epoch
}

type clientSecretAnswer struct{ ClientSecretDescriptor clientSecretDescriptor }

type clientSecretsAnswer struct{ ClientSecrets []clientSecretDescriptor }

// secretID is <client id>--<epoch of creation>, with milliseconds, so that two of one second differ.
func (c *client) secretID(s secret) string { return fmt.Sprintf("%s--%d", c.id, s.Created.UnixMilli()) }

func (s *Server) addUserPoolClientSecret(in schema.Fields) (any, error) {
	var req userPoolClientRequest
	if err := decode(in, &req); err != nil {
		return nil, err
	}
	value, generated := req.ClientSecret, req.ClientSecret == ""
	if generated {
		var err error
		if value, err = randomText(lowerAlphabet, clientSecretLen); err != nil {
			return nil, err
		}
	}
	var out clientSecretDescriptor
	err := s.changeClient(req, func(_ *pool, c *client) error {
		added, err := c.addSecret(value, s.clock.now())
		if err != nil {
			return err
		}
		out = clientSecretDescriptor{ClientSecretId: c.secretID(added), ClientSecretCreateDate: epochOf(added.Created)}
		return nil
	})
	if generated {
		out.ClientSecretValue = value
	}
	return clientSecretAnswer{out}, err
}

func (c *client) addSecret(value string, now time.Time) (secret, error) {
	switch {
	case len(c.secrets) == 0:
		return secret{}, invalid("User pool client %s does not have a client secret.", c.id)
	case len(c.secrets) == maxSecrets:
		return secret{}, refuse(codeLimitExceeded, "A user pool client has at most %d active secrets.", maxSecrets)
	case c.secrets[0].Value == value:
		return secret{}, invalid("The client secret is already in use.")
	case c.secrets[0].Created.UnixMilli() == now.UnixMilli():
		now = now.Add(time.Millisecond)
	}
	added := secret{Value: value, Created: now}
	c.secrets = append(slices.Clone(c.secrets), added)
	return added, nil
}

func (s *Server) listUserPoolClientSecrets(in schema.Fields) (any, error) {
	var req userPoolClientRequest
	if err := decode(in, &req); err != nil {
		return nil, err
	}
	c, err := s.clientOf(req)
	if err != nil {
		return nil, err
	}
	out := clientSecretsAnswer{[]clientSecretDescriptor{}}
	for _, s := range c.secrets {
		out.ClientSecrets = append(out.ClientSecrets, clientSecretDescriptor{ClientSecretId: c.secretID(s), ClientSecretCreateDate: epochOf(s.Created)})
	}
	return out, nil
}

func (s *Server) deleteUserPoolClientSecret(in schema.Fields) (any, error) {
	var req userPoolClientRequest
	if err := decode(in, &req); err != nil {
		return nil, err
	}
	return struct{}{}, s.changeClient(req, func(_ *pool, c *client) error {
		i := slices.IndexFunc(c.secrets, func(s secret) bool { return c.secretID(s) == req.ClientSecretId })
		switch {
		case i < 0:
			return refuse(codeNotFound, "Client secret %s does not exist.", req.ClientSecretId)
		case len(c.secrets) == 1:
			return invalid("The last client secret of a user pool client cannot be deleted.")
		}
		c.secrets = without(c.secrets, i)
		return nil
	})
}
