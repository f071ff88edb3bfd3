package deploy

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/smithy-go"
)

// FailedError is a stack operation that did not come about. LogicalID, Type and Reason are those of the first resource that failed by
// itself, not because another one had failed; they are empty where only the stack tells why.
type FailedError struct {
	StackName, Status string
	// LogicalID has the nested stacks before it that the resource is in, with slashes.
	LogicalID, Type, Reason string
	// Tasks are reasons for which tasks of ECS services stopped meanwhile.
	Tasks []string
}

// Error names the stack, its end and the first cause.
func (e *FailedError) Error() string {
	if e.LogicalID == "" {
		return strings.TrimRight(fmt.Sprintf("stack %s ended in %s: %s", e.StackName, e.Status, e.Reason), ": ")
	}
	text := fmt.Sprintf("stack %s ended in %s: %s (%s): %s", e.StackName, e.Status, e.LogicalID, e.Type, e.Reason)
	for _, task := range e.Tasks {
		text += "; a task stopped: " + task
	}
	return text
}

// UnsupportedError is a stack that an emulator called complete without having made some of its resources.
type UnsupportedError struct {
	StackName string
	// Types are those of the resources that it has a stand-in for.
	Types []string
	// Nested are the nested stacks that are not there, "LogicalID (Type, why)".
	Nested []string
}

// Error names the types and the nested stacks.
func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("stack %s: the emulator does not make %s, it only says so", e.StackName, strings.Join(slices.Concat(e.Types, e.Nested), ", "))
}

// ReplacementError is a change set that would replace or remove resources that hold data.
type ReplacementError struct {
	StackName string
	// Resources are "LogicalID (Type) because of Property", or "..., which would be removed".
	Resources []string
}

// Error names the resources and the way out.
func (e *ReplacementError) Error() string {
	return fmt.Sprintf("stack %s: the change would replace resources with data: %s; allow replacement to do it", e.StackName, strings.Join(e.Resources, "; "))
}

// missingStack recognizes the answer for a stack that is not there; CloudFormation has no code of its own for it.
func missingStack(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == "ValidationError" && strings.Contains(api.ErrorMessage(), "does not exist")
}
