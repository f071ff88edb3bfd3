package deploy

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Options say what to deploy.
type Options struct {
	// StackName is the stack's name: a letter, then letters, digits and hyphens, at most 128.
	StackName string
	// TemplateBody is the template; one of more than 51,200 bytes is uploaded to the artifact bucket.
	TemplateBody string
	// Parameters are the template's parameters. One that is left out takes its default, also on an update: what a deployment
	// does follows from its input alone. One without a default keeps its value on an update.
	Parameters map[string]string
	// Bootstrap is the path of a static Linux binary for a function of runtime provided.al2023. It is zipped, uploaded and passed
	// as the parameters CodeBucket, CodeKey and Architecture. Empty deploys no code.
	Bootstrap string
	// ArtifactBucket takes code and large templates; it is made where it does not exist. Empty is
	// spillway-artifacts-ACCOUNT-REGION.
	ArtifactBucket string
	// AccountID guards against the wrong credentials: any other account is refused. Empty accepts the caller's.
	AccountID string
	// Tags are put on the stack.
	Tags map[string]string
	// AllowReplacement permits changes that replace a resource whose DeletionPolicy or UpdateReplacePolicy retains it.
	AllowReplacement bool
	// Events is told every event of the stack once, oldest first, by the goroutine that called Stack. nil is told nothing.
	Events func(Event)
	// Logger gets the steps of the deployment; nil discards.
	Logger *slog.Logger
}

// Event is one line of a stack's history.
type Event struct {
	Time       time.Time
	LogicalID  string
	PhysicalID string
	Type       string
	Status     string
	Reason     string
}

// Outputs are a stack's outputs by name.
type Outputs map[string]string

const (
	maxStackName     = 128
	maxInline        = 51_200      // TemplateBody (quota)
	maxTemplate      = 1 << 20     // TemplateURL (quota)
	maxBootstrap     = 262_144_000 // unzipped code of a function (quota)
	maxEventsPerPoll = 10_000      // events read at once before a stack counts as too talkative to follow
	stackType        = "AWS::CloudFormation::Stack"
)

var stackNamePattern = regexp.MustCompile(`^[a-zA-Z][-a-zA-Z0-9]*$`)

// The parameters that Options.Bootstrap decides.
const (
	parameterBucket       = "CodeBucket"
	parameterKey          = "CodeKey"
	parameterArchitecture = "Architecture"
)

// check names every mistake in the options at once.
func (o Options) check() error {
	var mistakes []error
	if len(o.StackName) > maxStackName || !stackNamePattern.MatchString(o.StackName) {
		mistakes = append(mistakes, fmt.Errorf("StackName %q: want a letter, then letters, digits and hyphens, at most %d", o.StackName, maxStackName))
	}
	if o.TemplateBody == "" || len(o.TemplateBody) > maxTemplate {
		mistakes = append(mistakes, fmt.Errorf("TemplateBody: %d bytes, want 1 to %d", len(o.TemplateBody), maxTemplate))
	}
	for _, name := range slices.Sorted(maps.Keys(o.Parameters)) {
		if o.Bootstrap != "" && slices.Contains([]string{parameterBucket, parameterKey, parameterArchitecture}, name) {
			mistakes = append(mistakes, fmt.Errorf("parameter %s: Bootstrap decides it", name))
		}
	}
	return errors.Join(mistakes...)
}

func (o Options) logger() *slog.Logger {
	if o.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return o.Logger
}

func (o Options) tell(e Event) {
	if o.Events != nil {
		o.Events(e)
	}
}

// String is the event as one line of text.
func (e Event) String() string {
	return strings.TrimRight(fmt.Sprintf("%s  %-28s %-40s %s  %s", e.Time.Format(time.TimeOnly), e.LogicalID, e.Status, e.Type, e.Reason), " ")
}
