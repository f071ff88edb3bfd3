package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/spillway/spillway/pkg/deploy"
)

// Options are what a Console is made of. All are required but Terminal.
type Options struct {
	// Root is the checkout that programs are built from.
	Root string
	// Environ is the environment, as KEY=value.
	Environ []string
	// Templates has the templates, and Nested those that all-steps nests.
	Templates, Nested fs.FS
	// Out gets what a command is about; Terminal says that it is one, where lines may be written over and coloured.
	Out      io.Writer
	Terminal bool
	// Err gets what surrounds that: where it goes to, warnings, what the compiler says.
	Err io.Writer
}

// Console is an operator's session. Make it with Open.
type Console struct {
	settings  Settings
	cfg       aws.Config
	target    deploy.Target
	templates fs.FS
	nested    fs.FS
	root      string
	out, err  io.Writer
	terminal  bool
	log       *slog.Logger
}

// Open reads the settings, finds out who is calling, and shows both before anything happens.
func Open(ctx context.Context, o Options) (*Console, error) {
	s, err := readSettings(o.Environ, o.Templates)
	if err != nil {
		return nil, err
	}
	c := &Console{settings: s, templates: o.Templates, nested: o.Nested, root: o.Root, out: o.Out, err: o.Err, terminal: o.Terminal}
	c.log = slog.New(slog.NewTextHandler(o.Err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	var options []func(*config.LoadOptions) error
	if s.Region != "" {
		options = append(options, config.WithRegion(s.Region))
	}
	if c.cfg, err = config.LoadDefaultConfig(ctx, options...); err != nil {
		return nil, fmt.Errorf("read the AWS configuration: %w", err)
	}
	if local(aws.ToString(c.cfg.BaseEndpoint)) && !hasCredentials(o.Environ) {
		c.cfg.Credentials = credentials.NewStaticCredentialsProvider("local", "local", "")
	}
	if c.target, err = deploy.Identify(ctx, c.cfg, s.Account); err != nil {
		return nil, err
	}
	at := "AWS"
	if c.target.Endpoint != "" {
		at = c.target.Endpoint
	}
	fmt.Fprintf(c.err, "Account %s (%s), region %s, at %s: stack %s\n", c.target.Account, c.target.Caller, c.target.Region, at, s.Stack)
	return c, nil
}

// local says whether an endpoint is on this machine.
func local(endpoint string) bool {
	u, err := url.Parse(endpoint)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

func hasCredentials(environ []string) bool {
	for _, pair := range environ {
		for _, name := range []string{"AWS_ACCESS_KEY_ID=", "AWS_PROFILE=", "AWS_WEB_IDENTITY_TOKEN_FILE="} {
			if len(pair) > len(name) && strings.HasPrefix(pair, name) {
				return true
			}
		}
	}
	return false
}

func (c *Console) say(format string, args ...any) { fmt.Fprintf(c.out, format+"\n", args...) }

// Plan shows what Deploy would do.
func (c *Console) Plan(ctx context.Context) error {
	p, _, err := c.prepare(ctx, false)
	if err != nil {
		return err
	}
	p.Write(c.out, c.terminal)
	if err := p.Refusal(); err != nil {
		c.say("deploy would refuse: %v", err)
	}
	return p.Discard(context.WithoutCancel(ctx))
}

// Deploy makes the stack, or brings it up to date, shows its outputs and proves that it works. replace permits that resources with
// data are replaced or removed.
func (c *Console) Deploy(ctx context.Context, replace bool) error {
	p, progress, err := c.prepare(ctx, replace)
	if err != nil {
		return err
	}
	p.Write(c.out, c.terminal)
	stop := progress.start()
	out, err := p.Execute(ctx)
	stop()
	if err != nil {
		return err
	}
	if err := out.Write(c.out); err != nil {
		return err
	}
	return c.smoke(ctx, out)
}

func (c *Console) prepare(ctx context.Context, replace bool) (*deploy.Plan, *progress, error) {
	body, err := fs.ReadFile(c.templates, c.settings.Template+".yaml")
	if err != nil {
		return nil, nil, err
	}
	made, err := c.programs(ctx, string(body))
	if err != nil {
		return nil, nil, err
	}
	view := newProgress(c.out, c.terminal)
	o := deploy.Options{
		StackName: c.settings.Stack, TemplateBody: string(body), Parameters: c.settings.Parameters, Bootstrap: made.bootstrap, Image: made.gateway,
		Repository: c.settings.Repository, ArtifactBucket: c.settings.Bucket, AccountID: c.settings.Account, Tags: c.settings.Tags,
		AllowReplacement: replace, Events: view.event, Logger: c.log,
	}
	if declares(string(body), "TemplateUrl") {
		o.Nested = c.nested
	}
	p, err := deploy.Prepare(ctx, c.cfg, o)
	return p, view, err
}

// Outputs shows the stack's outputs, as a table or as JSON alone.
func (c *Console) Outputs(ctx context.Context, asJSON bool) error {
	out, err := deploy.ReadOutputs(ctx, c.cfg, c.settings.Stack)
	if err != nil {
		return err
	}
	if !asJSON {
		return out.Write(c.out)
	}
	e := json.NewEncoder(c.out)
	e.SetIndent("", "  ")
	return e.Encode(out)
}

// ErrDrift is that something is not as the template has it.
var ErrDrift = errors.New("the stack has drifted")

// Drift shows what somebody changed beside the template; if there is something, it is ErrDrift.
func (c *Console) Drift(ctx context.Context) error {
	found, err := deploy.Drift(ctx, c.cfg, deploy.DriftOptions{StackName: c.settings.Stack, AccountID: c.settings.Account, Logger: c.log})
	if err != nil {
		return err
	}
	for _, r := range found {
		c.say("%-8s %s  %s  %s", r.Status, r.LogicalID, r.Type, r.PhysicalID)
		for _, d := range r.Differences {
			c.say("    %s: %s -> %s", d.Path, d.Expected, d.Actual)
		}
	}
	if found != nil {
		return ErrDrift
	}
	c.say("Everything is as the template has it.")
	return nil
}

// Destroy deletes the stack and says what is left of it.
func (c *Console) Destroy(ctx context.Context) error {
	view := newProgress(c.out, c.terminal)
	stop := view.start()
	kept, err := deploy.Destroy(ctx, c.cfg, deploy.DestroyOptions{StackName: c.settings.Stack, AccountID: c.settings.Account, Events: view.event, Logger: c.log})
	stop()
	if err != nil {
		return err
	}
	if kept == nil {
		c.say("Stack %s is gone, and retained nothing.", c.settings.Stack)
		return nil
	}
	c.say("Stack %s is gone. Its template retained, and they cost what they cost:", c.settings.Stack)
	for _, r := range kept {
		c.say("  %s  %s  %s", r.LogicalID, r.Type, r.PhysicalID)
	}
	return nil
}
