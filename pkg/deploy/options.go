package deploy

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spillway/spillway/pkg/deploy/image"
)

// Options say what to deploy. StackName and TemplateBody are required.
type Options struct {
	// StackName is the stack's name: a letter, then letters, digits and hyphens, at most 128.
	StackName string
	// TemplateBody is the template; one of more than 51,200 bytes is uploaded to the artifact bucket.
	TemplateBody string
	// Nested has the templates that TemplateBody nests, in its root. They are uploaded below a prefix that is named after their
	// content, whose address is the parameter TemplateUrl. nil has none.
	Nested fs.FS
	// Parameters are the template's parameters. One that is left out takes its default, also on an update: what a deployment
	// does follows from its input alone. One without a default keeps its value on an update.
	Parameters map[string]string
	// Bootstrap is the path of a static Linux binary for a function of runtime provided.al2023. It is zipped, uploaded and passed
	// as the parameters CodeBucket, CodeKey and Architecture. Empty deploys no code.
	Bootstrap string
	// Image is the gateway's image. It is pushed to Repository and passed as the parameters ImageRepository and ImageDigest. It must
	// have been made for the architecture of Bootstrap, too. nil deploys none.
	Image *image.Image
	// Repository is the name of the image's repository in ECR, which is made where it does not exist. Empty is spillway.
	Repository string
	// ArtifactBucket takes code and templates; it is made where it does not exist. Empty is spillway-artifacts-ACCOUNT-REGION.
	ArtifactBucket string
	// AccountID guards against the wrong credentials: any other account is refused. Empty accepts the caller's.
	AccountID string
	// Tags are put on the stack.
	Tags map[string]string
	// AllowReplacement permits changes that replace or remove a resource that holds data.
	AllowReplacement bool
	// Events is told every event of the stack and those it nests once, oldest first, by the goroutine that called. nil is told nothing.
	Events func(Event)
	// Logger gets the steps of the deployment; nil discards.
	Logger *slog.Logger
}

// Event is one line of the history of a stack, or of what an ECS service says while it is deployed.
type Event struct {
	Time time.Time
	// Path leads to the nested stack that the event is of, logical ids with slashes between them; empty for the stack itself.
	Path       string
	LogicalID  string
	PhysicalID string
	Type       string
	Status     string
	Reason     string
}

const (
	defaultRegion     = "us-east-1"
	defaultRepository = "spillway"

	maxStackName     = 128
	maxInline        = 51_200      // TemplateBody (quota)
	maxTemplate      = 1 << 20     // TemplateURL (quota)
	maxBootstrap     = 262_144_000 // unzipped code of a function (quota)
	maxEventsPerPoll = 10_000      // events read at once before a stack counts as too talkative to follow
	maxNested        = 64          // stacks in a stack, and services, that are followed
	stackType        = "AWS::CloudFormation::Stack"
)

var stackNamePattern = regexp.MustCompile(`^[a-zA-Z][-a-zA-Z0-9]*$`)

// The parameters that the deployer decides, where the template has them.
const (
	parameterBucket       = "CodeBucket"
	parameterKey          = "CodeKey"
	parameterArchitecture = "Architecture"
	parameterRepository   = "ImageRepository"
	parameterDigest       = "ImageDigest"
	parameterTemplates    = "TemplateUrl"
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
		if by := o.decides()[name]; by != "" {
			mistakes = append(mistakes, fmt.Errorf("parameter %s: %s decides it", name, by))
		}
	}
	return errors.Join(mistakes...)
}

// decides are the parameters that follow from other options.
func (o Options) decides() map[string]string {
	by := map[string]string{}
	if o.Bootstrap != "" {
		by[parameterBucket], by[parameterKey], by[parameterArchitecture] = "Bootstrap", "Bootstrap", "Bootstrap"
	}
	if o.Image != nil {
		by[parameterRepository], by[parameterDigest] = "Image", "Image"
	}
	if o.Nested != nil {
		by[parameterTemplates] = "Nested"
	}
	return by
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
	return strings.TrimRight(fmt.Sprintf("%s  %-36s %-32s %s  %s", e.Time.Format(time.TimeOnly), path.Join(e.Path, e.LogicalID), e.Status, e.Type, e.Reason), " ")
}
