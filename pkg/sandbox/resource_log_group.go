package sandbox

import (
	"context"
	"errors"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
	"github.com/spillway/spillway/pkg/sandbox/logs"
)

// maxLogGroupName is the longest name of a log group.
const maxLogGroupName = 512

// logGroupResource makes AWS::Logs::LogGroup.
type logGroupResource struct {
	logs            *logs.Service
	region, account string
}

type logGroupProperties struct {
	LogGroupName    string
	RetentionInDays int
}

func (g logGroupResource) read(r cloudformation.Request, p *logGroupProperties) error {
	return decode(r, p, "Tags", "KmsKeyId", "LogGroupClass")
}

// Create implements cloudformation.Provisioner.
func (g logGroupResource) Create(ctx context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	var p logGroupProperties
	if err := g.read(r, &p); err != nil {
		return cloudformation.Result{}, err
	}
	if p.LogGroupName == "" {
		p.LogGroupName = cloudformation.PhysicalName(r, maxLogGroupName)
	}
	if err := g.logs.CreateLogGroup(ctx, p.LogGroupName); err != nil {
		return cloudformation.Result{}, logGroupError(err)
	}
	return cloudformation.Result{PhysicalID: p.LogGroupName, Attributes: map[string]any{
		"Arn": "arn:aws:logs:" + g.region + ":" + g.account + ":log-group:" + p.LogGroupName + ":*",
	}}, logGroupError(g.logs.PutRetentionPolicy(ctx, p.LogGroupName, p.RetentionInDays))
}

// Update implements cloudformation.Provisioner.
func (g logGroupResource) Update(ctx context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	var p logGroupProperties
	if err := g.read(r, &p); err != nil {
		return cloudformation.Result{}, err
	}
	return cloudformation.Result{PhysicalID: r.PhysicalID}, logGroupError(g.logs.PutRetentionPolicy(ctx, r.PhysicalID, p.RetentionInDays))
}

// Delete implements cloudformation.Provisioner.
func (g logGroupResource) Delete(ctx context.Context, r cloudformation.Request) error {
	return logGroupError(g.logs.DeleteLogGroup(ctx, r.PhysicalID))
}

// logGroupError gives an error of CloudWatch Logs the code that a resource handler
// would.
func logGroupError(err error) error {
	var e *logs.Error
	if !errors.As(err, &e) {
		return err
	}
	code := cloudformation.CodeInvalidRequest
	switch e.Code {
	case logs.CodeNotFound:
		code = cloudformation.CodeNotFound
	case logs.CodeExists:
		code = cloudformation.CodeAlreadyExists
	}
	return &cloudformation.HandlerError{Code: code, Message: e.Message}
}
