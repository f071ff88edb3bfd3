package deploy

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// Plan is a deployment that CloudFormation has worked out and that has not begun. Make it with Prepare; then either Execute or
// Discard it, once.
type Plan struct {
	Target    Target
	StackName string
	// Update says that there is a stack to change; otherwise one is made.
	Update bool
	// Changes are those of the stack, with those of nested stacks in them. None means that there is nothing to do.
	Changes []Change
	// Artifacts are what will run.
	Artifacts []Artifact

	d           *deployer
	o           Options
	store       *artifacts
	code        *artifact
	id, stackID string // of the change set
}

// Artifact is something that is deployed by its content.
type Artifact struct {
	// Kind is what it is: function or image.
	Kind string
	// Location is where it goes.
	Location string
	// Digest is sha256:HEX of its content.
	Digest string
}

// Prepare does everything up to a change set that can be executed: it finds out who is calling, uploads and validates the
// templates, checks the parameters, waits for an operation that is under way, removes a stack that never came about, and has
// CloudFormation work out what would change. It uploads neither code nor image. Who prepares a Plan executes or discards it.
func Prepare(ctx context.Context, cfg aws.Config, o Options) (*Plan, error) {
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("deploy: %w", err)
	}
	cfg = prepared(cfg)
	p := &Plan{StackName: o.StackName, o: o, d: newDeployer(cfg, o.StackName, o.tell, o.logger())}
	if err := p.prepare(ctx, cfg); err != nil {
		return nil, fmt.Errorf("deploy %s: %w", o.StackName, err)
	}
	return p, nil
}

func (p *Plan) prepare(ctx context.Context, cfg aws.Config) (err error) {
	if p.Target, err = Identify(ctx, cfg, p.o.AccountID); err != nil {
		return err
	}
	p.d.log.Info("deploying", "stack", p.StackName, "account", p.Target.Account, "region", p.Target.Region, "endpoint", p.Target.Endpoint)
	p.store = newArtifacts(cfg, p.o.ArtifactBucket, p.Target.Account)
	code, err := p.artifacts()
	if err != nil {
		return err
	}
	s, err := p.d.prepareSource(ctx, p.store, p.o)
	if err != nil {
		return err
	}
	for name, value := range code {
		s.decided[name] = value
	}
	if p.Update, err = p.d.clearTheWay(ctx); err != nil {
		return err
	}
	if err := s.check(p.Update); err != nil {
		return err
	}
	return p.propose(ctx, s)
}

// artifacts makes the zip file, and returns the parameters that name what will run.
func (p *Plan) artifacts() (map[string]string, error) {
	parameters := map[string]string{}
	if p.o.Bootstrap != "" {
		b, err := newBundle(p.o.Bootstrap)
		if err != nil {
			return nil, err
		}
		if p.o.Image != nil && !p.o.Image.Has(b.arch) {
			return nil, fmt.Errorf("the function is built for %s, the image is not", b.arch)
		}
		code := newArtifact("code", ".zip", b.body)
		p.code = &code
		parameters[parameterBucket], parameters[parameterKey], parameters[parameterArchitecture] = p.store.bucket, code.key, b.architecture
		digest := strings.TrimSuffix(strings.TrimPrefix(code.key, "code/"), ".zip")
		p.Artifacts = append(p.Artifacts, Artifact{Kind: "function", Location: "s3://" + p.store.bucket + "/" + code.key, Digest: "sha256:" + digest})
	}
	if p.o.Image != nil {
		name := newRegistry(aws.Config{}, p.o.Repository).name
		parameters[parameterRepository], parameters[parameterDigest] = name, p.o.Image.Digest()
		p.Artifacts = append(p.Artifacts, Artifact{Kind: "image", Location: name + "@" + p.o.Image.Digest(), Digest: p.o.Image.Digest()})
	}
	return parameters, nil
}

// propose makes the change set and reads it. One without changes is discarded here.
func (p *Plan) propose(ctx context.Context, s *source) error {
	made, err := p.d.cfn.CreateChangeSet(ctx, p.input(s))
	if err != nil {
		return fmt.Errorf("create the change set: %w", err)
	}
	p.id, p.stackID = aws.ToString(made.Id), aws.ToString(made.StackId)
	set, err := p.d.workedOut(ctx, p.id)
	if err == nil && set.Status == types.ChangeSetStatusFailed {
		err = p.discard(ctx, noChange(p.d.reasons(ctx, set)))
		p.id = ""
		return err
	}
	if err == nil {
		p.Changes, err = p.d.tree(ctx, set, 0)
	}
	if err != nil {
		return p.discard(ctx, err)
	}
	return nil
}

// Refusal is the ReplacementError with which Execute will refuse to begin, or nil.
func (p *Plan) Refusal() error {
	if p.o.AllowReplacement {
		return nil
	}
	if found := losses(p.Changes, ""); found != nil {
		return &ReplacementError{StackName: p.StackName, Resources: found}
	}
	return nil
}

// Discard removes what Prepare has made in CloudFormation.
func (p *Plan) Discard(ctx context.Context) error {
	if p.id == "" {
		return nil
	}
	if err := p.discard(ctx, nil); err != nil {
		return fmt.Errorf("discard the plan for %s: %w", p.StackName, err)
	}
	return nil
}

// Execute uploads code and image, has CloudFormation do what was planned, follows it to its end and returns the stack's outputs.
// Its errors are a FailedError, an UnsupportedError or a ReplacementError where one of them tells what happened. When ctx ends,
// Execute returns; an operation that CloudFormation has begun goes on there.
func (p *Plan) Execute(ctx context.Context) (Outputs, error) {
	out, err := p.execute(ctx)
	if err != nil {
		return nil, fmt.Errorf("deploy %s: %w", p.StackName, err)
	}
	return out, nil
}

func (p *Plan) execute(ctx context.Context) (Outputs, error) {
	if p.id == "" {
		return p.d.outputs(ctx)
	}
	f := newFollower(p.d, p.stackID)
	err := p.Refusal()
	if err == nil {
		err = p.upload(ctx)
	}
	if err == nil {
		err = f.baseline(ctx)
	}
	if err != nil {
		_ = p.discard(context.WithoutCancel(ctx), nil) // what stopped the deployment matters more than what it left
		return nil, err
	}
	_, err = p.d.cfn.ExecuteChangeSet(ctx, &cloudformation.ExecuteChangeSetInput{
		ChangeSetName: &p.id,
		// A deployment that fails leaves nothing behind of what it had only just made, whatever the template retains.
		RetainExceptOnCreate: aws.Bool(true),
	})
	if err != nil {
		return nil, fmt.Errorf("execute the change set: %w", err)
	}
	if err := f.follow(ctx, types.StackStatusCreateComplete, types.StackStatusUpdateComplete); err != nil {
		return nil, err
	}
	missing, err := f.unmade(ctx, p.Changes)
	if err != nil {
		return nil, fmt.Errorf("look for the nested stacks: %w", err)
	}
	if missing != nil {
		return nil, &UnsupportedError{StackName: p.StackName, Nested: missing}
	}
	return p.d.outputs(ctx)
}

func (p *Plan) upload(ctx context.Context) error {
	if p.code != nil {
		if err := p.store.put(ctx, *p.code); err != nil {
			return err
		}
	}
	if p.o.Image == nil {
		return nil
	}
	pushed, err := p.d.registry(p.o.Repository).push(ctx, p.o.Image)
	if err == nil && !pushed {
		p.d.log.Warn("the endpoint has no registry: the image was not pushed", "digest", p.o.Image.Digest())
	}
	return err
}

// discard removes the change set, and the stack that was only made for it. It returns why.
func (p *Plan) discard(ctx context.Context, why error) error {
	if !p.Update {
		quiet := *p.d
		quiet.events = nil // nobody has seen that stack
		return errors.Join(why, quiet.remove(ctx, p.stackID, nil))
	}
	if _, err := p.d.cfn.DeleteChangeSet(ctx, &cloudformation.DeleteChangeSetInput{ChangeSetName: &p.id}); err != nil && why == nil {
		return fmt.Errorf("delete the change set: %w", err)
	}
	return why
}
