package rebuild

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"
)

const (
	// pauseTimeout bounds the wait until a mapping rests: Lambda lets an invocation
	// end, for which the consumer has a minute.
	pauseTimeout = 5 * time.Minute
	// pausePoll is how often a mapping's state is asked for meanwhile.
	pausePoll = time.Second
	// enableTimeout bounds the attempts to enable a mapping again, which cannot be done
	// while it stops.
	enableTimeout = 5 * time.Minute
	// maxMappings bounds the mappings of a function.
	maxMappings = 10_000
)

// The states of a mapping that matter here.
const (
	stateDisabled  = "Disabled"
	stateDisabling = "Disabling"
)

// Lambda is what a Pause needs of Lambda; a *lambda.Client is one.
type Lambda interface {
	ListEventSourceMappings(context.Context, *lambda.ListEventSourceMappingsInput, ...func(*lambda.Options)) (*lambda.ListEventSourceMappingsOutput, error)
	GetEventSourceMapping(context.Context, *lambda.GetEventSourceMappingInput, ...func(*lambda.Options)) (*lambda.GetEventSourceMappingOutput, error)
	UpdateEventSourceMapping(context.Context, *lambda.UpdateEventSourceMappingInput, ...func(*lambda.Options)) (*lambda.UpdateEventSourceMappingOutput, error)
}

// Pause stops the consumer while a Run appends. A mapping that is disabled already
// stays so.
type Pause struct {
	Lambda   Lambda // must not retry by itself; see Connect
	Function string // name or ARN of the consumer
	// OnPause, if set, is told what is about to be disabled.
	OnPause func(Mapping)
	// OnEnabled, if set, is told which mapping has been enabled again.
	OnEnabled func(uuid string)
}

// Mapping is an event source mapping.
type Mapping struct {
	UUID string
	// LastResult is what Lambda says of its last invocation: "OK", "No records
	// processed", or what the problem is.
	LastResult string
}

// EnableError says that an event source mapping could not be enabled again. Somebody
// has to do that.
type EnableError struct {
	UUID string
	Err  error
}

func (e *EnableError) Error() string {
	return fmt.Sprintf("event source mapping %s is left disabled: %v", e.UUID, e.Err)
}

// Unwrap returns the cause.
func (e *EnableError) Unwrap() error { return e.Err }

// pausing is one Pause.
type pausing struct {
	Pause
	stream  string   // ARN
	stopped []string // UUIDs of what was disabled
}

// during calls work while the function's mappings of the stream rest.
func (p *pausing) during(ctx context.Context, work func(context.Context) error) (err error) {
	mappings, err := p.find(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.enableAll(ctx)) }()
	for _, m := range mappings {
		if state := aws.ToString(m.State); state == stateDisabled || state == stateDisabling {
			continue
		}
		uuid := aws.ToString(m.UUID)
		if p.OnPause != nil {
			p.OnPause(Mapping{UUID: uuid, LastResult: aws.ToString(m.LastProcessingResult)})
		}
		p.stopped = append(p.stopped, uuid)
		if err := p.set(ctx, uuid, false, maxAttempts); err != nil {
			return fmt.Errorf("disable event source mapping %s: %w", uuid, err)
		}
	}
	for _, m := range mappings {
		if err := p.wait(ctx, aws.ToString(m.UUID)); err != nil {
			return err
		}
	}
	return work(ctx)
}

// find lists the function's mappings of the stream, or of a consumer of it.
func (p *pausing) find(ctx context.Context) ([]types.EventSourceMappingConfiguration, error) {
	var found []types.EventSourceMappingConfiguration
	in := &lambda.ListEventSourceMappingsInput{FunctionName: aws.String(p.Function)}
	for seen := 0; ; {
		var out *lambda.ListEventSourceMappingsOutput
		err := tryLambda(ctx, func(ctx context.Context) (err error) {
			out, err = p.Lambda.ListEventSourceMappings(ctx, in)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("list the event source mappings of function %s: %w", p.Function, err)
		}
		for _, m := range out.EventSourceMappings {
			if arn := aws.ToString(m.EventSourceArn); arn == p.stream || strings.HasPrefix(arn, p.stream+"/") {
				found = append(found, m)
			}
		}
		if seen += len(out.EventSourceMappings); seen > maxMappings {
			return nil, fmt.Errorf("list the event source mappings of function %s: there are more than %d", p.Function, maxMappings)
		}
		if aws.ToString(out.NextMarker) == "" {
			break
		}
		in.Marker = out.NextMarker
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("function %s has no event source mapping of %s", p.Function, p.stream)
	}
	return found, nil
}

// wait waits until a mapping is disabled.
func (p *pausing) wait(ctx context.Context, uuid string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, pauseTimeout, fmt.Errorf("event source mapping %s is not disabled within %s", uuid, pauseTimeout))
	defer cancel()
	for {
		var out *lambda.GetEventSourceMappingOutput
		err := tryLambda(ctx, func(ctx context.Context) (err error) {
			out, err = p.Lambda.GetEventSourceMapping(ctx, &lambda.GetEventSourceMappingInput{UUID: aws.String(uuid)})
			return err
		})
		if err == nil && aws.ToString(out.State) == stateDisabled {
			return nil
		}
		if err == nil {
			err = sleep(ctx, pausePoll)
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			return fmt.Errorf("get event source mapping %s: %w", uuid, err)
		}
	}
}

// enableAll enables what was disabled, whatever has become of ctx.
func (p *pausing) enableAll(ctx context.Context) error {
	var errs []error
	for _, uuid := range p.stopped {
		if err := p.enable(context.WithoutCancel(ctx), uuid); err != nil {
			errs = append(errs, &EnableError{UUID: uuid, Err: err})
			continue
		}
		if p.OnEnabled != nil {
			p.OnEnabled(uuid)
		}
	}
	return errors.Join(errs...)
}

// enable is tried for longer than anything else: nothing is consumed until then.
func (p *pausing) enable(ctx context.Context, uuid string) error {
	ctx, cancel := context.WithTimeout(ctx, enableTimeout)
	defer cancel()
	return p.set(ctx, uuid, true, math.MaxInt)
}

// set enables or disables a mapping.
func (p *pausing) set(ctx context.Context, uuid string, enabled bool, attempts int) error {
	return again(ctx, attempts, lambdaMayPass, bounded(func(ctx context.Context) error {
		_, err := p.Lambda.UpdateEventSourceMapping(ctx, &lambda.UpdateEventSourceMappingInput{UUID: aws.String(uuid), Enabled: aws.Bool(enabled)})
		return err
	}))
}

// tryLambda makes a request to Lambda, and makes it again where that may help.
func tryLambda(ctx context.Context, request func(context.Context) error) error {
	return again(ctx, maxAttempts, lambdaMayPass, bounded(request))
}

// lambdaMayPass is mayPass; besides, a mapping that is on its way to another state can
// be changed when it is there.
func lambdaMayPass(err error) bool {
	var api smithy.APIError
	return mayPass(err) || errors.As(err, &api) && api.ErrorCode() == "ResourceInUseException"
}
