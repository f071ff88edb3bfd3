package customers

import (
	"errors"
	"fmt"
	"strings"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
)

// ErrNotFound is a customer that is not there.
var ErrNotFound = errors.New("there is no such customer")

// ErrRotating is a rotation of a client that has two secrets already.
var ErrRotating = errors.New("it has two secrets already, which is all that a client may have: drop one first")

// ErrNotRotating is the end of a rotation that has not begun.
var ErrNotRotating = errors.New("it has one secret, which cannot be dropped")

// ForeignError is a client that somebody else has made, such as a template.
type ForeignError struct {
	Name, ClientID string
	Scopes         []string
}

// Error says what tells that the client is somebody else's.
func (e *ForeignError) Error() string {
	return fmt.Sprintf("%s (client %s) was not made here, as its scopes tell: %s; what it may read is for whom to say who made it, such as the template's Customers and Grants",
		e.Name, e.ClientID, orNone(e.Scopes))
}

// GrantsError is a customer that is to be added and is there with other grants.
type GrantsError struct {
	Name, ClientID string
	Grants         []string
}

// Error tells what the customer may read.
func (e *GrantsError) Error() string {
	return fmt.Sprintf("%s is there already (client %s) and may read %s", e.Name, e.ClientID, orNone(e.Grants))
}

// LimitError is a limit of Cognito that nobody can have raised.
type LimitError struct {
	What        string
	Have, Limit int
}

// Error names the limit.
func (e *LimitError) Error() string {
	return fmt.Sprintf("%s would have %d scopes, and Cognito allows %d", e.What, e.Have, e.Limit)
}

func orNone(list []string) string {
	if len(list) == 0 {
		return "nothing"
	}
	return strings.Join(list, ", ")
}

// The codes of Cognito that are acted on.
const (
	codeNotFound     = "ResourceNotFoundException"
	codeLimit        = "LimitExceededException"
	codeNoScope      = "ScopeDoesNotExistException"
	codeInvalid      = "InvalidParameterException"
	codeConcurrently = "ConcurrentModificationException"
)

// hasCode tells whether err is Cognito's refusal with one of codes.
func hasCode(err error, codes ...string) bool {
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return false
	}
	for _, code := range codes {
		if api.ErrorCode() == code {
			return true
		}
	}
	return false
}

// refused tells whether Cognito has answered that it will not: then it is known that nothing was made.
func refused(err error) bool {
	response, ok := errors.AsType[*awshttp.ResponseError](err)
	return ok && response.HTTPStatusCode() >= 400 && response.HTTPStatusCode() < 500
}
