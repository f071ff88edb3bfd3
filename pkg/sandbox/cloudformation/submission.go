package cloudformation

import (
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
)

var (
	stackNamePattern     = regexp.MustCompile(`^[a-zA-Z][-a-zA-Z0-9]*$`)
	changeSetNamePattern = regexp.MustCompile(`^[a-zA-Z][-a-zA-Z0-9]*$`)
	tokenPattern         = regexp.MustCompile(`^[a-zA-Z0-9][-a-zA-Z0-9]*$`)
)

func constraint(value, field, rule string) *apiError {
	return validationError("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: Member must %s", clip(value), field, rule)
}

// stackName reads the name of a stack to be made.
func stackName(f form) (string, error) {
	name := f.text("StackName")
	switch {
	case name == "":
		return "", validationError("1 validation error detected: Value null at 'stackName' failed to satisfy constraint: Member must not be null")
	case len(name) > maxStackName:
		return "", constraint(name, "stackName", "have length less than or equal to 128")
	case !stackNamePattern.MatchString(name):
		return "", constraint(name, "stackName", "satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*")
	}
	return name, nil
}

// stackReference reads the name or id of a stack that should be there.
func stackReference(f form) (string, error) {
	name := f.text("StackName")
	if name == "" {
		return "", validationError("1 validation error detected: Value null at 'stackName' failed to satisfy constraint: Member must not be null")
	}
	if len(name) > 2048 || !strings.HasPrefix(name, "arn:") && !stackNamePattern.MatchString(name) {
		return "", constraint(name, "stackName", "satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*|arn:[-a-zA-Z0-9:/._+]*")
	}
	return name, nil
}

// submission is what a request hands in to be deployed.
type submission struct {
	template *template // nil where the previous one is to be used
	given    map[string]givenParameter
	settings settings
	sources  *sources
	timeout  time.Duration // of a creation; 0 is none
	prepared *changeSet    // that is executed, nil without one
}

// readSubmission reads and checks a template with its parameters, tags and options.
func (s *Service) readSubmission(ctx context.Context, f form) (submission, error) {
	sub := submission{sources: newSources()}
	if err := refuseUnsupported(f); err != nil {
		return sub, err
	}
	body, err := s.templateBody(ctx, f)
	if err != nil {
		return sub, err
	}
	if body != nil {
		if sub.template, err = s.parseKnown(body); err != nil {
			return sub, err
		}
		if _, key, ok := bucketAndKey(f.text("TemplateURL")); ok {
			sub.template.source = path.Base(key)
		}
	}
	if sub.given, err = readGiven(f); err != nil {
		return sub, err
	}
	sub.settings, err = readSettings(f)
	return sub, err
}

// parseKnown parses a template and checks that every type in it can be made.
func (s *Service) parseKnown(body []byte) (*template, error) {
	t, err := parseTemplate(body)
	if err != nil {
		return nil, err
	}
	return t, s.makeable(t)
}

// makeable checks that every type in a template can be made.
func (s *Service) makeable(t *template) error {
	var strange []string
	for _, typ := range t.types() {
		if s.provisioners[typ] == nil && typ != stackResourceType {
			strange = append(strange, typ)
		}
	}
	if strange != nil {
		return unrecognizedTypes(strange...)
	}
	return nil
}

// refuseUnsupported names options that would change what happens and that this emulator does not act on.
func refuseUnsupported(f form) error {
	for _, name := range []string{
		"StackPolicyBody", "StackPolicyURL", "StackPolicyDuringUpdateBody", "StackPolicyDuringUpdateURL",
		"ResourceTypes.member.1", "ResourcesToImport.member.1.ResourceType", "RollbackConfiguration.RollbackTriggers.member.1.Arn",
	} {
		if f.text(name) != "" {
			option, _, _ := strings.Cut(name, ".")
			return validationError("%s is not supported by this emulator", option)
		}
	}
	if importing, err := f.boolean("ImportExistingResources"); err != nil || importing {
		return validationError("ImportExistingResources is not supported by this emulator")
	}
	return nil
}

func readGiven(f form) (map[string]givenParameter, error) {
	out := map[string]givenParameter{}
	for _, p := range f.structs("Parameters") {
		key := p.text("ParameterKey")
		usePrevious, err := p.boolean("UsePreviousValue")
		switch {
		case err != nil:
			return nil, err
		case key == "":
			return nil, validationError("Parameter keys must not be empty")
		case usePrevious && p.text("ParameterValue") != "":
			return nil, validationError("Invalid input for parameter key %s. Cannot specify usePreviousValue as true and non empty value for a parameter", clip(key))
		case !usePrevious && !p.has("ParameterValue"):
			return nil, validationError("Invalid input for parameter key %s. Need to specify either usePreviousValue as true or a value for the parameter", clip(key))
		}
		out[key] = givenParameter{p.text("ParameterValue"), usePrevious}
	}
	return out, nil
}

func readSettings(f form) (set settings, err error) {
	set.capabilities = f.list("Capabilities")
	for _, c := range set.capabilities {
		if c != "CAPABILITY_IAM" && c != "CAPABILITY_NAMED_IAM" && c != "CAPABILITY_AUTO_EXPAND" {
			return set, constraint(c, "capabilities", "satisfy enum value set: [CAPABILITY_IAM, CAPABILITY_NAMED_IAM, CAPABILITY_AUTO_EXPAND]")
		}
	}
	for _, t := range f.structs("Tags") {
		if t.text("Key") == "" {
			return set, constraint("", "tags.key", "have length greater than or equal to 1")
		}
		set.tags = append(set.tags, tag{t.text("Key"), t.text("Value")})
	}
	if len(set.tags) > maxTags {
		return set, validationError("1 validation error detected: 'tags' failed to satisfy constraint: Member must have length less than or equal to %d", maxTags)
	}
	set.notificationARNs, set.roleARN = f.list("NotificationARNs"), f.text("RoleARN")
	return set, readRollbackSettings(f, &set)
}

func readRollbackSettings(f form, set *settings) (err error) {
	if set.disableRollback, err = f.boolean("DisableRollback"); err != nil {
		return err
	}
	if set.retainExceptCreate, err = f.boolean("RetainExceptOnCreate"); err != nil {
		return err
	}
	set.onFailure = f.text("OnFailure") + f.text("OnStackFailure")
	if !slices.Contains([]string{"", "DO_NOTHING", "ROLLBACK", "DELETE"}, set.onFailure) {
		return constraint(set.onFailure, "onFailure", "satisfy enum value set: [ROLLBACK, DELETE, DO_NOTHING]")
	}
	if set.disableRollback && f.text("OnFailure") != "" {
		return validationError("You can specify either OnFailure or DisableRollback, but not both.")
	}
	set.token = f.text("ClientRequestToken")
	if set.token != "" && (len(set.token) > 128 || !tokenPattern.MatchString(set.token)) {
		return constraint(set.token, "clientRequestToken", "satisfy regular expression pattern: [a-zA-Z0-9][-a-zA-Z0-9]*")
	}
	return nil
}

// templateBody returns the template's text; nil where the request wants the previous template.
func (s *Service) templateBody(ctx context.Context, f form) ([]byte, error) {
	body, address := f.text("TemplateBody"), f.text("TemplateURL")
	previous, err := f.boolean("UsePreviousTemplate")
	switch {
	case err != nil:
		return nil, err
	case previous && (body != "" || address != ""):
		return nil, validationError("You cannot specify both usePreviousTemplate and Template Body/Template URL.")
	case previous:
		return nil, nil
	case body != "" && address != "":
		return nil, validationError("You cannot specify both Template URL and Template Body.")
	case address != "":
		return s.fetchTemplate(ctx, address)
	case body == "":
		return nil, validationError("Either Template URL or Template Body must be specified.")
	case len(body) > maxInlineTemplate:
		return nil, constraint(body, "templateBody", "have length less than or equal to 51200")
	}
	return []byte(body), nil
}

func (s *Service) fetchTemplate(ctx context.Context, address string) ([]byte, error) {
	bucket, key, ok := bucketAndKey(address)
	if !ok || s.templates == nil {
		return nil, validationError("TemplateURL must be a supported URL.")
	}
	r, err := s.templates.ReadObject(ctx, bucket, key)
	if err != nil {
		return nil, validationError("S3 error: %s", clip(err.Error()))
	}
	body, err := io.ReadAll(io.LimitReader(r, maxStoredTemplate+1))
	if err = errors.Join(err, r.Close()); err != nil {
		return nil, validationError("S3 error: %s", clip(err.Error()))
	}
	if len(body) > maxStoredTemplate {
		return nil, validationError("Template may not exceed %d bytes in size.", maxStoredTemplate)
	}
	if len(body) == 0 {
		return nil, validationError("Template format error: unsupported structure.")
	}
	return body, nil
}

// bucketAndKey reads a TemplateURL: bucket.s3.host/key, s3.host/bucket/key, and on any other host, as a local endpoint is, bucket/key.
func bucketAndKey(address string) (bucket, key string, ok bool) {
	u, err := url.Parse(address)
	if err != nil || len(address) > 5120 || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return "", "", false
	}
	key = strings.TrimPrefix(u.Path, "/")
	host := u.Hostname()
	if net.ParseIP(host) == nil {
		for _, mark := range []string{".s3.", ".s3-"} {
			if bucket, _, virtual := strings.Cut(host, mark); virtual {
				return bucket, key, bucket != "" && key != ""
			}
		}
	}
	bucket, key, _ = strings.Cut(key, "/")
	return bucket, key, bucket != "" && key != ""
}

// settle decides the parameters' values, carries the transform out and holds the template to its rules. previous are the stack's
// raw values, nil for a new stack. direct says that no change set is reviewed before something is made.
func (s *Service) settle(ctx context.Context, sub *submission, in settling) (err error) {
	t := sub.template
	if sub.settings.parameters, err = t.resolve(sub.given, in.previous); err != nil {
		return err
	}
	store := recorder{s.parameters, sub.sources}
	if sub.settings.resolved, err = t.lookUp(ctx, store, sub.settings.parameters); err != nil {
		return err
	}
	if sub.template, err = s.settled(t, sub.settings, in.name, ""); err != nil {
		return err
	}
	return acknowledged(sub.template, sub.settings.capabilities, in.direct)
}

// settling is what settle needs to know of the stack.
type settling struct {
	name     string
	previous map[string]string
	direct   bool
}

// settled carries a template's transform out and holds it to its rules. path is that of a nested stack.
func (s *Service) settled(t *template, set settings, name, path string) (*template, error) {
	sc := s.earlyScope(t, set, name, path)
	if err := t.obey(sc); err != nil {
		return nil, err
	}
	expanded, err := t.expand(sc)
	if err != nil {
		return nil, err
	}
	return expanded, s.makeable(expanded)
}

// earlyScope is what is known of a stack before anything is made: neither its resources nor what other stacks export.
func (s *Service) earlyScope(t *template, set settings, name, path string) *scope {
	stackName, id := stackPlaceholders(path)
	if path == "" {
		stackName = name
	}
	return &scope{
		path: path, region: s.region, pseudo: pseudoParameters(s.region, s.account, stackName, id, set.notificationARNs),
		parameters: t.values(set.resolved), mappings: t.mappings,
	}
}

// settleFor is settle for an existing stack, whose template it takes over where the request says so.
func (s *Service) settleFor(ctx context.Context, sub *submission, nameOrID string, direct bool) error {
	in := settling{direct: direct}
	var err error
	s.do(func() {
		st, ok := s.find(nameOrID)
		if !ok || !st.deleted.IsZero() {
			err = validationError("Stack [%s] does not exist", clip(nameOrID))
			return
		}
		in.name, in.previous = st.name, maps.Clone(st.settings.parameters)
		if sub.template == nil {
			if sub.template = st.template.unexpanded(); sub.template == nil {
				err = validationError("Stack [%s] has no previous template", st.name)
			}
		}
	})
	if err != nil {
		return err
	}
	return s.settle(ctx, sub, in)
}
