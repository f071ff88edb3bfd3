package lambda

import "context"

// UpdateFunctionConfigurationInput is a request to change the configuration of a function. What is nil stays.
type UpdateFunctionConfigurationInput struct {
	FunctionName     string `json:"-"`
	Role             *string
	Handler          *string
	Description      *string
	Timeout          *int
	MemorySize       *int
	Runtime          *string
	Environment      *Environment
	VpcConfig        *VpcConfig
	KMSKeyArn        *string
	TracingConfig    *TracingConfig
	EphemeralStorage *EphemeralStorage
	LoggingConfig    *LoggingConfig
	RevisionId       string
}

// UpdateFunctionConfiguration changes the configuration of a function. Running invocations end with the old one.
func (s *Service) UpdateFunctionConfiguration(_ context.Context, in UpdateFunctionConfigurationInput) (FunctionConfiguration, error) {
	s.changes.Lock()
	defer s.changes.Unlock()
	c, err := s.present(in.FunctionName, in.RevisionId)
	if err != nil {
		return FunctionConfiguration{}, err
	}
	set(&c.Role, in.Role)
	set(&c.Handler, in.Handler)
	set(&c.Description, in.Description)
	set(&c.Timeout, in.Timeout)
	set(&c.MemorySize, in.MemorySize)
	set(&c.Runtime, in.Runtime)
	set(&c.KMSKeyArn, in.KMSKeyArn)
	replaceIfSet(&c.Environment, in.Environment)
	replaceIfSet(&c.VpcConfig, in.VpcConfig)
	replaceIfSet(&c.TracingConfig, in.TracingConfig)
	replaceIfSet(&c.EphemeralStorage, in.EphemeralStorage)
	c.setLogging(in.LoggingConfig)
	if err := c.check(); err != nil {
		return FunctionConfiguration{}, err
	}
	s.mu.Lock()
	taskRoot := s.functions[c.FunctionName].taskRoot
	s.mu.Unlock()
	return s.replace(c, taskRoot, false)
}

func replaceIfSet[T any](value **T, with *T) {
	if with != nil {
		*value = with
	}
}
