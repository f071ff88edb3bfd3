package sandbox

import (
	"context"
	"errors"
	"net/http"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
	"github.com/spillway/spillway/pkg/sandbox/lambda"
)

// maxFunctionName is the longest name of a function.
const maxFunctionName = 64

// functionResource makes AWS::Lambda::Function.
type functionResource struct{ lambda *lambda.Service }

// functionProperties are those of the API but for the form of code and tags.
type functionProperties struct {
	FunctionName     string
	Runtime          string
	Role             string
	Handler          string
	Code             functionCode
	Description      string
	Timeout          int
	MemorySize       int
	PackageType      string
	Architectures    []string
	Environment      lambda.Environment
	VpcConfig        *lambda.VpcConfig
	KmsKeyArn        string
	TracingConfig    *lambda.TracingConfig
	EphemeralStorage *lambda.EphemeralStorage
	LoggingConfig    *lambda.LoggingConfig
	Tags             []tag

	ReservedConcurrentExecutions *int
}

// functionCode leaves out ZipFile, which in a template is source text for runtimes
// that the sandbox has not.
type functionCode struct{ S3Bucket, S3Key string }

// read spells the defaults out: what a template no longer says is what AWS assumes again.
func (p *functionProperties) read(r cloudformation.Request) error {
	name := r.PhysicalID
	if name == "" {
		name = cloudformation.PhysicalName(r, maxFunctionName)
	}
	d := lambda.DefaultConfiguration(name)
	p.FunctionName, p.Timeout, p.MemorySize, p.Architectures = name, d.Timeout, d.MemorySize, d.Architectures
	p.TracingConfig, p.EphemeralStorage = d.TracingConfig, d.EphemeralStorage
	p.LoggingConfig = &lambda.LoggingConfig{LogFormat: d.LoggingConfig.LogFormat}
	if err := decode(r, p); err != nil {
		return err
	}
	if p.LoggingConfig.LogGroup == "" {
		p.LoggingConfig.LogGroup = lambda.DefaultConfiguration(p.FunctionName).LoggingConfig.LogGroup
	}
	return nil
}

// Create implements cloudformation.Provisioner.
func (f functionResource) Create(ctx context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	var p functionProperties
	if err := p.read(r); err != nil {
		return cloudformation.Result{}, err
	}
	out, err := f.lambda.CreateFunction(ctx, lambda.CreateFunctionInput{
		FunctionName: p.FunctionName, Runtime: p.Runtime, Role: p.Role, Handler: p.Handler,
		Code:        lambda.FunctionCode{S3Bucket: p.Code.S3Bucket, S3Key: p.Code.S3Key},
		Description: p.Description, Timeout: &p.Timeout, MemorySize: &p.MemorySize, PackageType: p.PackageType,
		Architectures: p.Architectures, Environment: &p.Environment, VpcConfig: p.VpcConfig, KMSKeyArn: p.KmsKeyArn,
		TracingConfig: p.TracingConfig, EphemeralStorage: p.EphemeralStorage, LoggingConfig: p.LoggingConfig, Tags: tagMap(p.Tags),
	})
	if err != nil {
		return cloudformation.Result{}, lambdaError(err)
	}
	res := cloudformation.Result{PhysicalID: p.FunctionName, Attributes: map[string]any{"Arn": out.FunctionArn}}
	return res, f.reserve(ctx, p.FunctionName, p.ReservedConcurrentExecutions)
}

func (f functionResource) reserve(ctx context.Context, name string, reserved *int) error {
	if reserved == nil {
		return lambdaError(f.lambda.DeleteFunctionConcurrency(ctx, name))
	}
	_, err := f.lambda.PutFunctionConcurrency(ctx, name, *reserved)
	return lambdaError(err)
}

// Update implements cloudformation.Provisioner.
func (f functionResource) Update(ctx context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	var p functionProperties
	if err := p.read(r); err != nil {
		return cloudformation.Result{}, err
	}
	name := r.PhysicalID
	if p.VpcConfig == nil && r.OldProperties["VpcConfig"] != nil {
		p.VpcConfig = &lambda.VpcConfig{SubnetIds: []string{}, SecurityGroupIds: []string{}}
	}
	if _, err := f.lambda.UpdateFunctionConfiguration(ctx, lambda.UpdateFunctionConfigurationInput{
		FunctionName: name, Role: &p.Role, Handler: &p.Handler, Description: &p.Description, Timeout: &p.Timeout,
		MemorySize: &p.MemorySize, Runtime: &p.Runtime, Environment: &p.Environment, VpcConfig: p.VpcConfig, KMSKeyArn: &p.KmsKeyArn,
		TracingConfig: p.TracingConfig, EphemeralStorage: p.EphemeralStorage, LoggingConfig: p.LoggingConfig,
	}); err != nil {
		return cloudformation.Result{}, lambdaError(err)
	}
	if changed(r, "Code") || changed(r, "Architectures") {
		if _, err := f.lambda.UpdateFunctionCode(ctx, lambda.UpdateFunctionCodeInput{
			FunctionName: name, S3Bucket: p.Code.S3Bucket, S3Key: p.Code.S3Key, Architectures: p.Architectures,
		}); err != nil {
			return cloudformation.Result{}, lambdaError(err)
		}
	}
	if changed(r, "Tags") {
		if err := f.retag(ctx, name, r, p); err != nil {
			return cloudformation.Result{}, lambdaError(err)
		}
	}
	return cloudformation.Result{PhysicalID: name}, f.reserve(ctx, name, p.ReservedConcurrentExecutions)
}

// retag replaces the tags of a function.
func (f functionResource) retag(ctx context.Context, name string, r cloudformation.Request, p functionProperties) error {
	out, err := f.lambda.GetFunctionConfiguration(ctx, name)
	if err != nil {
		return err
	}
	before := r
	before.Properties = r.OldProperties
	var old functionProperties
	if err := old.read(before); err != nil {
		return err
	}
	var keys []string
	for _, t := range old.Tags {
		keys = append(keys, t.Key)
	}
	if err := f.lambda.UntagResource(ctx, out.FunctionArn, keys); err != nil {
		return err
	}
	return f.lambda.TagResource(ctx, out.FunctionArn, tagMap(p.Tags))
}

// Delete implements cloudformation.Provisioner.
func (f functionResource) Delete(ctx context.Context, r cloudformation.Request) error {
	return lambdaError(f.lambda.DeleteFunction(ctx, r.PhysicalID))
}

// lambdaError gives an error of Lambda the code that a resource handler would.
func lambdaError(err error) error {
	var e *lambda.Error
	if !errors.As(err, &e) {
		return err
	}
	code := cloudformation.CodeInvalidRequest
	switch e.HTTPStatus {
	case http.StatusNotFound:
		code = cloudformation.CodeNotFound
	case http.StatusConflict:
		code = cloudformation.CodeAlreadyExists
	}
	return &cloudformation.HandlerError{Code: code, Message: e.Message}
}
