package deploy

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aws/smithy-go"
)

// FailedError is a stack operation that did not come about. LogicalID, Type and Reason are those of the first resource that failed by
// itself, not because another one had failed; they are empty where only the stack tells why.
type FailedError struct {
	StackName, Status       string
	LogicalID, Type, Reason string
}

// Error names the stack, its end and the first cause.
func (e *FailedError) Error() string {
	if e.LogicalID == "" {
		return strings.TrimRight(fmt.Sprintf("stack %s ended in %s: %s", e.StackName, e.Status, e.Reason), ": ")
	}
	return fmt.Sprintf("stack %s ended in %s: %s (%s): %s", e.StackName, e.Status, e.LogicalID, e.Type, e.Reason)
}

// UnsupportedError is a stack that an emulator called complete without having made some of its resources.
type UnsupportedError struct {
	StackName string
	Types     []string
}

// Error names the types.
func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("stack %s: the emulator does not make %s, it only says so", e.StackName, strings.Join(e.Types, ", "))
}

// ReplacementError is a change set that would replace resources whose template retains them, and with them their data.
type ReplacementError struct {
	StackName string
	// Resources are "LogicalID (Type) because of Property".
	Resources []string
}

// Error names the resources and the way out.
func (e *ReplacementError) Error() string {
	return fmt.Sprintf("stack %s: the change would replace retained resources: %s; allow replacement to do it", e.StackName, strings.Join(e.Resources, "; "))
}

// missingStack recognizes the answer for a stack that is not there; CloudFormation has no code of its own for it.
func missingStack(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == "ValidationError" && strings.Contains(api.ErrorMessage(), "does not exist")
}
