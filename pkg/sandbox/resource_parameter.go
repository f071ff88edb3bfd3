package sandbox

import (
	"context"
	"errors"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
	"github.com/spillway/spillway/pkg/sandbox/ssm"
)

// maxParameterName is the longest name of a parameter that CloudFormation makes.
const maxParameterName = 255

// parameters lets CloudFormation read the Parameter Store.
type parameters struct{ *ssm.Service }

// Parameter implements cloudformation.ParameterStore.
func (p parameters) Parameter(ctx context.Context, name string) (value string, ok bool, err error) {
	return p.Value(ctx, name)
}

// parameterResource makes AWS::SSM::Parameter.
type parameterResource struct{ parameters *ssm.Service }

func (p parameterResource) put(ctx context.Context, r cloudformation.Request, overwrite bool) (cloudformation.Result, error) {
	in := ssm.PutParameterInput{Name: r.PhysicalID}
	if in.Name == "" {
		in.Name = "CFN-" + cloudformation.PhysicalName(r, maxParameterName)
	}
	if err := decode(r, &in, "Tags"); err != nil {
		return cloudformation.Result{}, err
	}
	in.Overwrite = overwrite
	if _, err := p.parameters.PutParameter(ctx, in); err != nil {
		return cloudformation.Result{}, parameterError(err)
	}
	return cloudformation.Result{PhysicalID: in.Name, Attributes: map[string]any{"Type": in.Type, "Value": in.Value}}, nil
}

// Create implements cloudformation.Provisioner.
func (p parameterResource) Create(ctx context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	return p.put(ctx, r, false)
}

// Update implements cloudformation.Provisioner.
func (p parameterResource) Update(ctx context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	return p.put(ctx, r, true)
}

// Delete implements cloudformation.Provisioner.
func (p parameterResource) Delete(ctx context.Context, r cloudformation.Request) error {
	return parameterError(p.parameters.DeleteParameter(ctx, r.PhysicalID))
}

// parameterError gives an error of the Parameter Store the code that a resource handler would.
func parameterError(err error) error {
	var e *ssm.Error
	if !errors.As(err, &e) {
		return err
	}
	code := cloudformation.CodeInvalidRequest
	switch e.Code {
	case ssm.CodeNotFound:
		code = cloudformation.CodeNotFound
	case ssm.CodeExists:
		code = cloudformation.CodeAlreadyExists
	}
	return &cloudformation.HandlerError{Code: code, Message: e.Message}
}
