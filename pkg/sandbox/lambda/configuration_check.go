package lambda

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// The limits of a function's configuration; the API's model and the guide's "Lambda quotas" give them.
const (
	maxTimeout     = 900
	minMemory      = 128
	maxMemory      = 10240
	maxDescription = 256
	maxHandler     = 128
	maxVariables   = 4096 // bytes of all names and values
	minEphemeral   = 512
	maxEphemeral   = 10240
)

// check refuses what AWS would, and what is not emulated by its name.
func (c FunctionConfiguration) check() error {
	checks := []func() *Error{c.checkRuntime, c.checkNumbers, c.checkTexts, c.checkVariables, c.checkRest}
	for _, check := range checks {
		if e := check(); e != nil {
			return e
		}
	}
	return nil
}

func (c FunctionConfiguration) checkRuntime() *Error {
	if c.PackageType != packageZip {
		return unsupported("PackageType " + c.PackageType)
	}
	if c.Runtime == "" || c.Handler == "" {
		return errorf(codeInvalidValue, "Runtime and Handler are mandatory parameters for functions created with deployment packages.")
	}
	if c.Runtime != runtimeSupported {
		return errorf(codeInvalidValue, "Runtime %s is not supported by the sandbox: it runs %s only", c.Runtime, runtimeSupported)
	}
	if len(c.Architectures) != 1 {
		return constraint("architectures", c.Architectures, "have length less than or equal to 1")
	}
	if a := c.Architectures[0]; a != "x86_64" && a != "arm64" {
		return constraint("architectures", a, "satisfy enum value set: [x86_64, arm64]")
	} else if a != architecture() {
		return errorf(codeInvalidValue, "Architecture %s is not supported by the sandbox: this machine's is %s", a, architecture())
	}
	return nil
}

func (c FunctionConfiguration) checkNumbers() *Error {
	if c.Timeout < 1 {
		return constraint("timeout", c.Timeout, "have value greater than or equal to 1")
	}
	if c.Timeout > maxTimeout {
		return constraint("timeout", c.Timeout, "have value less than or equal to 900")
	}
	if c.MemorySize < minMemory {
		return constraint("memorySize", c.MemorySize, "have value greater than or equal to 128")
	}
	if c.MemorySize > maxMemory {
		return constraint("memorySize", c.MemorySize, "have value less than or equal to 10240")
	}
	if n := c.EphemeralStorage.Size; n < minEphemeral || n > maxEphemeral {
		return constraint("ephemeralStorage.size", n, "have value less than or equal to 10240, and greater than or equal to 512")
	}
	return nil
}

func (c FunctionConfiguration) checkTexts() *Error {
	if !roleExpr.MatchString(c.Role) {
		return constraint("role", c.Role, "satisfy regular expression pattern: "+rolePattern)
	}
	if len(c.Handler) > maxHandler {
		return constraint("handler", c.Handler, "have length less than or equal to 128")
	}
	if strings.ContainsFunc(c.Handler, func(r rune) bool { return r <= ' ' }) {
		return constraint("handler", c.Handler, `satisfy regular expression pattern: [^\s]+`)
	}
	if len(c.Description) > maxDescription {
		return constraint("description", c.Description, "have length less than or equal to 256")
	}
	return nil
}

var variableExpr = regexp.MustCompile(`^[a-zA-Z]([a-zA-Z0-9_])+$`)

func (c FunctionConfiguration) checkVariables() *Error {
	if c.Environment == nil {
		return nil
	}
	size := 0
	var reserved []string
	for _, name := range slices.Sorted(maps.Keys(c.Environment.Variables)) {
		if !variableExpr.MatchString(name) {
			return constraint("environment.variables", name, "satisfy constraint: [Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+]")
		}
		if isReserved(name) {
			reserved = append(reserved, name)
		}
		value := c.Environment.Variables[name]
		if strings.ContainsRune(value, 0) {
			return errorf(codeInvalidValue, "Environment variable %s contains a NUL character", name)
		}
		size += len(name) + len(value)
	}
	if len(reserved) > 0 {
		return errorf(codeInvalidValue, "Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: %s",
			strings.Join(reserved, ", "))
	}
	if size > maxVariables {
		return errorf(codeInvalidValue, "Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit.")
	}
	return nil
}

// isReserved tells the variables that a function may not set, as the guide lists them.
func isReserved(name string) bool {
	switch name {
	case "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_NAME",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE",
		"AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID",
		"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR":
		return true
	}
	return false
}

func (c FunctionConfiguration) checkRest() *Error {
	if m := c.TracingConfig.Mode; m != "" && m != "Active" && m != defaultTraceMode {
		return constraint("tracingConfig.mode", m, "satisfy enum value set: [Active, PassThrough]")
	}
	if f := c.LoggingConfig.LogFormat; f != "JSON" && f != defaultLogFormat {
		return constraint("loggingConfig.logFormat", f, "satisfy enum value set: [JSON, Text]")
	}
	return nil
}
