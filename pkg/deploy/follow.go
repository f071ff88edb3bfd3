package deploy

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// silence is how long nothing may happen before the stack itself is asked: its last event may never be told.
const silence = 10 * time.Second

// How LocalStack marks a resource that it does not make.
const (
	fallback = "not supported but was deployed as a fallback"
	unknown  = "unknown" // its physical id
)

// follower reads the events of a stack, and of those nested in it, until an operation has ended.
type follower struct {
	d        *deployer
	root     *history
	nested   []*history
	services *serviceWatch
	begun    time.Time // when the operation's first event was, by the service's clock

	cause       *Event // the first failure that is nobody else's consequence
	nestedCause *Event // the first of a nested stack, for want of a cause in it
	unsupported []string
	retained    []Retained
}

// history is what is known of the events of one stack.
type history struct {
	id, path string
	seen     map[string]bool // event ids that were told, or were there before
	since    time.Time       // older events are of another operation
	over     bool            // nothing more is to be expected
}

func newFollower(d *deployer, stackID string) *follower {
	return &follower{d: d, root: &history{id: stackID, seen: map[string]bool{}}, services: newServiceWatch(d.ecs)}
}

// baseline marks the events that are there as known.
func (f *follower) baseline(ctx context.Context) error {
	_, err := f.d.fresh(ctx, f.root)
	return err
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
		events, end, err := f.round(ctx)
		if err != nil {
			return err
		}
		p.took(time.Since(begin))
		if events > 0 {
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

// round reads what has happened, in every stack, and tells it. The stack itself is read first: once it has ended, so have those in
// it, and what they say of it is read after that.
func (f *follower) round(ctx context.Context) (n int, end *Event, err error) {
	events, err := f.d.fresh(ctx, f.root)
	if err != nil {
		return 0, nil, err
	}
	if f.begun.IsZero() && len(events) > 0 {
		f.begun = events[0].Time
	}
	f.discover(events)
	for at := 0; at < len(f.nested); { // more are found on the way
		h := f.nested[at]
		at++
		if h.over {
			continue
		}
		more, err := f.d.fresh(ctx, h)
		if missingStack(err) {
			h.over = true // deleted, and forgotten already
			continue
		}
		if err != nil {
			return 0, nil, err
		}
		f.discover(more)
		events = append(events, more...)
	}
	slices.SortStableFunc(events, func(a, b Event) int { return a.Time.Compare(b.Time) })
	end = f.note(events)
	said := f.services.look(ctx, f.d.log)
	for _, e := range said {
		f.tell(e)
	}
	return len(events) + len(said), end, nil
}

// discover finds nested stacks, and those that go on after they had ended.
func (f *follower) discover(events []Event) {
	for _, e := range events {
		if e.Type != stackType || e.PhysicalID == "" || f.itself(e) {
			continue
		}
		at := slices.IndexFunc(f.nested, func(h *history) bool { return h.id == e.PhysicalID })
		if at < 0 {
			if !strings.HasPrefix(e.PhysicalID, "arn:") || len(f.nested) >= maxNested {
				continue
			}
			f.nested = append(f.nested, &history{id: e.PhysicalID, path: path.Join(e.Path, e.LogicalID), seen: map[string]bool{}, since: f.begun})
			continue
		}
		f.nested[at].over = f.nested[at].over && !strings.HasSuffix(e.Status, "_IN_PROGRESS")
	}
}

// itself says whether an event is one that a stack tells of itself, and not of one nested in it.
func (f *follower) itself(e Event) bool {
	if e.Type != stackType {
		return false
	}
	if e.Path == "" {
		return e.PhysicalID == f.root.id || e.LogicalID == f.d.name
	}
	return slices.ContainsFunc(f.nested, func(h *history) bool { return h.id == e.PhysicalID && h.path == e.Path })
}

// note tells events and remembers what matters about them. It returns the event that ends the operation, if it is among them.
func (f *follower) note(events []Event) (end *Event) {
	for _, e := range events {
		itself := f.itself(e)
		if itself && e.Path != "" { // the stack above tells the same
			if !running(types.StackStatus(e.Status)) {
				f.end(e.PhysicalID)
			}
			continue
		}
		f.tell(e)
		if itself {
			end = nil
			if !running(types.StackStatus(e.Status)) {
				end = &e
			}
			continue
		}
		f.judge(e)
		f.services.note(e)
	}
	return end
}

func (f *follower) tell(e Event) {
	if f.d.events != nil {
		f.d.events(e)
	}
}

func (f *follower) end(id string) {
	for _, h := range f.nested {
		if h.id == id {
			h.over = true
		}
	}
}

// judge remembers the first cause of a failure, what was retained, and what an emulator does not make.
func (f *follower) judge(e Event) {
	switch {
	case strings.HasSuffix(e.Status, "_FAILED") && !strings.Contains(strings.ToLower(e.Reason), "cancelled"):
		first := &f.cause
		if e.Type == stackType {
			first = &f.nestedCause
		}
		if *first == nil {
			*first = &e
		}
	case e.Status == string(types.ResourceStatusDeleteSkipped):
		f.retained = append(f.retained, Retained{LogicalID: path.Join(e.Path, e.LogicalID), PhysicalID: e.PhysicalID, Type: e.Type})
	}
	if (strings.Contains(e.Reason, fallback) || e.PhysicalID == unknown && e.Reason != "") && !slices.Contains(f.unsupported, e.Type) {
		f.unsupported = append(f.unsupported, e.Type)
	}
}

// ask looks at the stack itself. One that is gone has been deleted.
func (f *follower) ask(ctx context.Context) (*Event, error) {
	st, err := f.d.describe(ctx, f.root.id)
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
		failed := &FailedError{StackName: f.d.name, Status: end.Status, Reason: end.Reason, Tasks: f.services.stopped}
		cause := f.cause
		if cause == nil {
			cause = f.nestedCause
		}
		if cause != nil {
			failed.LogicalID, failed.Type, failed.Reason = path.Join(cause.Path, cause.LogicalID), cause.Type, cause.Reason
		}
		return failed
	}
	if f.unsupported != nil {
		return &UnsupportedError{StackName: f.d.name, Types: f.unsupported}
	}
	return nil
}

// fresh reads the events of a stack that were not seen before, oldest first. The service tells the newest first, so reading stops at
// the first page that has a known one, or one of another operation.
func (d *deployer) fresh(ctx context.Context, h *history) ([]Event, error) {
	var out []Event
	in := &cloudformation.DescribeStackEventsInput{StackName: &h.id}
	for len(out) < maxEventsPerPoll {
		page, err := d.cfn.DescribeStackEvents(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("read the stack's events: %w", err)
		}
		known := false
		for _, e := range page.StackEvents {
			id := aws.ToString(e.EventId)
			if h.seen[id] || aws.ToTime(e.Timestamp).Before(h.since) {
				known = true
				continue
			}
			h.seen[id] = true
			out = append(out, eventOf(e, h.path))
		}
		if known || aws.ToString(page.NextToken) == "" {
			break
		}
		in.NextToken = page.NextToken
	}
	slices.Reverse(out)
	return out, nil
}

func eventOf(e types.StackEvent, path string) Event {
	return Event{
		Time: aws.ToTime(e.Timestamp), Path: path, LogicalID: aws.ToString(e.LogicalResourceId), PhysicalID: aws.ToString(e.PhysicalResourceId),
		Type: aws.ToString(e.ResourceType), Status: string(e.ResourceStatus), Reason: aws.ToString(e.ResourceStatusReason),
	}
}

// running says whether an operation is under way.
func running(s types.StackStatus) bool {
	return strings.HasSuffix(string(s), "_IN_PROGRESS") && s != types.StackStatusReviewInProgress
}
