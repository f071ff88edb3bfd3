package deploy

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// silence is how long nothing may happen before the stack itself is asked: its last event may never be told.
const silence = 10 * time.Second

// fallback is how LocalStack marks a resource that it does not make.
const fallback = "not supported but was deployed as a fallback"

// follower reads a stack's events until an operation has ended.
type follower struct {
	d       *deployer
	stackID string
	seen    map[string]bool // event ids that were told, or were there before

	cause       *Event // the first failure that is nobody else's consequence
	unsupported []string
	retained    []Retained
}

// follow tells events until the stack settles; success are the statuses that are no error.
func (f *follower) follow(ctx context.Context, success ...types.StackStatus) error {
	var p poll
	quiet := time.Now()
	for {
		if err := p.wait(ctx); err != nil {
			return fmt.Errorf("follow the stack: %w", err)
		}
		begin := time.Now()
		events, err := f.fresh(ctx)
		if err != nil {
			return err
		}
		p.took(time.Since(begin))
		end := f.note(events)
		if len(events) > 0 {
			p.news()
			quiet = time.Now()
		}
		if end == nil && time.Since(quiet) > silence {
			quiet = time.Now()
			if end, err = f.ask(ctx); err != nil {
				return err
			}
		}
		if end != nil {
			return f.outcome(*end, success)
		}
	}
}

// note tells events and remembers what matters about them. It returns the event that ends the operation, if it is among them.
func (f *follower) note(events []Event) (end *Event) {
	for _, e := range events {
		if f.d.events != nil {
			f.d.events(e)
		}
		switch {
		case e.Type == stackType && (e.PhysicalID == f.stackID || e.LogicalID == f.d.name):
			end = nil
			if !running(types.StackStatus(e.Status)) {
				end = &e
			}
		case f.cause == nil && strings.HasSuffix(e.Status, "_FAILED") && !strings.Contains(strings.ToLower(e.Reason), "cancelled"):
			f.cause = &e
		case e.Status == string(types.ResourceStatusDeleteSkipped):
			f.retained = append(f.retained, Retained{LogicalID: e.LogicalID, PhysicalID: e.PhysicalID, Type: e.Type})
		}
		if strings.Contains(e.Reason, fallback) && !slices.Contains(f.unsupported, e.Type) {
			f.unsupported = append(f.unsupported, e.Type)
		}
	}
	return end
}

// ask looks at the stack itself. One that is gone has been deleted.
func (f *follower) ask(ctx context.Context) (*Event, error) {
	st, err := f.d.describe(ctx, f.stackID)
	if err != nil {
		return nil, err
	}
	if st == nil {
		return &Event{Type: stackType, Status: string(types.StackStatusDeleteComplete)}, nil
	}
	if running(st.StackStatus) {
		return nil, nil
	}
	return &Event{Type: stackType, Status: string(st.StackStatus), Reason: aws.ToString(st.StackStatusReason)}, nil
}

func (f *follower) outcome(end Event, success []types.StackStatus) error {
	if !slices.Contains(success, types.StackStatus(end.Status)) {
		failed := &FailedError{StackName: f.d.name, Status: end.Status, Reason: end.Reason}
		if f.cause != nil {
			failed.LogicalID, failed.Type, failed.Reason = f.cause.LogicalID, f.cause.Type, f.cause.Reason
		}
		return failed
	}
	if f.unsupported != nil {
		return &UnsupportedError{StackName: f.d.name, Types: f.unsupported}
	}
	return nil
}

// fresh reads the events that were not seen before, oldest first. The service tells the newest first, so reading stops at the
// first page that has a known one.
func (f *follower) fresh(ctx context.Context) ([]Event, error) {
	var out []Event
	in := &cloudformation.DescribeStackEventsInput{StackName: &f.stackID}
	for len(out) < maxEventsPerPoll {
		page, err := f.d.cfn.DescribeStackEvents(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("read the stack's events: %w", err)
		}
		known := false
		for _, e := range page.StackEvents {
			id := aws.ToString(e.EventId)
			if f.seen[id] {
				known = true
				continue
			}
			f.seen[id] = true
			out = append(out, eventOf(e))
		}
		if known || aws.ToString(page.NextToken) == "" {
			break
		}
		in.NextToken = page.NextToken
	}
	slices.Reverse(out)
	return out, nil
}

func eventOf(e types.StackEvent) Event {
	return Event{
		Time: aws.ToTime(e.Timestamp), LogicalID: aws.ToString(e.LogicalResourceId), PhysicalID: aws.ToString(e.PhysicalResourceId),
		Type: aws.ToString(e.ResourceType), Status: string(e.ResourceStatus), Reason: aws.ToString(e.ResourceStatusReason),
	}
}

// running says whether an operation is under way.
func running(s types.StackStatus) bool {
	return strings.HasSuffix(string(s), "_IN_PROGRESS") && s != types.StackStatusReviewInProgress
}
