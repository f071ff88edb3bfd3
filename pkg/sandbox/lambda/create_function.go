package lambda

import (
	"context"
)

// CreateFunctionInput is a request to create a function.
type CreateFunctionInput struct {
	FunctionName     string
	Runtime          string
	Role             string
	Handler          string
	Code             FunctionCode
	Description      string
	Timeout          *int // seconds; nil means 3
	MemorySize       *int // MB; nil means 128
	PackageType      string
	Architectures    []string
	Environment      *Environment
	VpcConfig        *VpcConfig
	KMSKeyArn        string
	TracingConfig    *TracingConfig
	EphemeralStorage *EphemeralStorage
	LoggingConfig    *LoggingConfig
	Tags             map[string]string
	Publish          bool // publish version 1
}

const (
	defaultTimeout    = 3
	defaultMemory     = 128
	defaultEphemeral  = 512
	defaultTraceMode  = "PassThrough"
	defaultLogFormat  = "Text"
	packageZip        = "Zip"
	runtimeSupported  = "provided.al2023"
	architectureUnset = "x86_64" // what AWS assumes
)

// CreateFunction makes a function that can be invoked when it returns. The answer says State Pending, as on AWS; the
// next look at the function says Active.
func (s *Service) CreateFunction(ctx context.Context, in CreateFunctionInput) (FunctionConfiguration, error) {
	s.changes.Lock()
	defer s.changes.Unlock()
	id, e := s.parseName(in.FunctionName)
	if e != nil {
		return FunctionConfiguration{}, e
	}
	c := s.newConfiguration(id, in)
	if err := c.check(); err != nil {
		return FunctionConfiguration{}, err
	}
	if err := checkTags(in.Tags); err != nil {
		return FunctionConfiguration{}, err
	}
	if err := s.checkNew(id.name); err != nil {
		return FunctionConfiguration{}, err
	}
	u, err := s.unpack(ctx, id.name, in.Code)
	if err != nil {
		return FunctionConfiguration{}, asError(err)
	}
	c.CodeSize, c.CodeSha256 = u.size, u.sha256
	pool, err := s.newPool(c, u.taskRoot)
	if err != nil {
		return FunctionConfiguration{}, asError(err)
	}
	f := newFunction(revision{config: c, taskRoot: u.taskRoot, pool: pool}, in.Tags)
	answer := f.snapshot()
	if in.Publish {
		if answer, err = s.publish(f, c.Description); err != nil {
			return FunctionConfiguration{}, asError(err)
		}
	}
	if err := s.register(func() { s.functions[c.FunctionName] = f }); err != nil {
		return FunctionConfiguration{}, err
	}
	if err := s.save(c.FunctionName); err != nil {
		return FunctionConfiguration{}, err
	}
	answer.State, answer.StateReason, answer.StateReasonCode = "Pending", "The function is being created.", "Creating"
	answer.LastUpdateStatus = ""
	return answer, nil
}

func (s *Service) checkNew(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.functions[name] != nil {
		return errorf(codeConflict, "Function already exist: %s", name)
	}
	if len(s.functions) >= MaxFunctions {
		return errorf(codeStorage, "Code storage limit exceeded: at most %d functions.", MaxFunctions)
	}
	return nil
}

// DefaultConfiguration is what a function of a name has that says nothing else.
func DefaultConfiguration(name string) FunctionConfiguration {
	return FunctionConfiguration{
		FunctionName: name, Timeout: defaultTimeout, MemorySize: defaultMemory, PackageType: packageZip,
		Architectures:    []string{architectureUnset},
		TracingConfig:    &TracingConfig{Mode: defaultTraceMode},
		EphemeralStorage: &EphemeralStorage{Size: defaultEphemeral},
		LoggingConfig:    &LoggingConfig{LogFormat: defaultLogFormat, LogGroup: "/aws/lambda/" + name},
	}
}

// newConfiguration is in with AWS's defaults spelled out.
func (s *Service) newConfiguration(id functionID, in CreateFunctionInput) FunctionConfiguration {
	c := DefaultConfiguration(id.name)
	c.FunctionArn, c.Runtime, c.Role, c.Handler = s.functionARN(functionID{name: id.name}), in.Runtime, in.Role, in.Handler
	c.Description, c.Environment, c.VpcConfig, c.KMSKeyArn = in.Description, in.Environment, in.VpcConfig, in.KMSKeyArn
	c.Version, c.State, c.LastUpdateStatus = latest, "Active", "Successful"
	c.SnapStart = &SnapStartResponse{ApplyOn: "None", OptimizationStatus: "Off"}
	set(&c.Timeout, in.Timeout)
	set(&c.MemorySize, in.MemorySize)
	if in.PackageType != "" {
		c.PackageType = in.PackageType
	}
	if len(in.Architectures) > 0 {
		c.Architectures = in.Architectures
	}
	if in.TracingConfig != nil {
		c.TracingConfig = in.TracingConfig
	}
	if in.EphemeralStorage != nil {
		c.EphemeralStorage = in.EphemeralStorage
	}
	c.setLogging(in.LoggingConfig)
	c.touch(s.cfg.Clock())
	return c
}

func (c *FunctionConfiguration) setLogging(in *LoggingConfig) {
	if in == nil {
		return
	}
	out := *in
	if out.LogFormat == "" {
		out.LogFormat = c.LoggingConfig.LogFormat
	}
	if out.LogGroup == "" {
		out.LogGroup = c.LoggingConfig.LogGroup
	}
	c.LoggingConfig = &out
}

// set overwrites a value if there is a new one.
func set[T any](value, with *T) {
	if with != nil {
		*value = *with
	}
}
