package customers

import (
	"context"
	"errors"
	"fmt"
)

// Removed is what a removal has removed.
type Removed struct {
	// Customer is who was removed; zero, if nobody was there.
	Customer Customer
	// Scopes are patterns that nobody has any more, whose scopes are removed, too.
	Scopes []string
}

// Remove deletes a customer's client, so that it gets no token any more, and the scopes that no client has any more. Tokens that it
// has are good until they expire, on every gateway. A customer that is not there is no error.
func (d *Directory) Remove(ctx context.Context, name string) (Removed, error) {
	if err := checkName(name); err != nil {
		return Removed{}, err
	}
	var out Removed
	c, err := d.find(ctx, name)
	switch {
	case errors.Is(err, ErrNotFound):
	case err != nil:
		return Removed{}, err
	case !c.Own:
		return Removed{}, &ForeignError{name, c.ClientID, c.scopes}
	default:
		if err := d.deleteClient(ctx, c.ClientID); err != nil {
			return Removed{}, err
		}
		out.Customer = c
	}
	if out.Scopes, err = d.prune(ctx); err != nil {
		return out, fmt.Errorf("%s is gone, but scopes that it may have left are not cleared away; they grant nobody anything, and removing %s again does it: %w", name, name, err)
	}
	return out, nil
}
