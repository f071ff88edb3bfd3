package environment

import (
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

// Function is one revision of a function as an environment sees it.
type Function struct {
	Name     string
	ARN      string
	Version  string
	Handler  string
	TaskRoot string // the directory with the unpacked code
	MemoryMB int
	Timeout  time.Duration
	Env      map[string]string // the function's own variables
	LogGroup string
	// Log receives what the function prints and Lambda's lines about it.
	Log io.Writer
	// Stream, if it is not nil, makes one more such receiver for each environment, by the name of its log stream.
	Stream func(name string) io.Writer
}

// receiver is where the output of an environment goes.
func (f Function) receiver(logStream string) io.Writer {
	if f.Stream == nil {
		return f.Log
	}
	return io.MultiWriter(f.Log, f.Stream(logStream))
}

// bootstrapName is the file in the task root that a provided runtime starts.
const bootstrapName = "bootstrap"

// bootstrap is the program to start: the one in the task root.
func (f Function) bootstrap() string { return filepath.Join(f.TaskRoot, bootstrapName) }

// The dummy credentials that every function gets; the local cloud accepts any.
const (
	accessKeyID     = "ASIASANDBOX000000000"
	secretAccessKey = "sandbox"
	sessionToken    = "sandbox"
)

// searchPath is the PATH that Lambda sets.
const searchPath = "/usr/local/bin:/usr/bin:/bin:/opt/bin"

// variables is the whole environment of a process: Lambda's variables, then the host's, then the function's.
func (f Function) variables(cfg Config, runtimeAPI, tmpDir, logStream string) []string {
	vars := map[string]string{
		"AWS_LAMBDA_INITIALIZATION_TYPE":  "on-demand",
		"AWS_LAMBDA_RUNTIME_API":          runtimeAPI,
		"AWS_LAMBDA_FUNCTION_NAME":        f.Name,
		"AWS_LAMBDA_FUNCTION_VERSION":     f.Version,
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": strconv.Itoa(f.MemoryMB),
		"AWS_LAMBDA_LOG_GROUP_NAME":       f.LogGroup,
		"AWS_LAMBDA_LOG_STREAM_NAME":      logStream,
		"AWS_REGION":                      cfg.Region,
		"AWS_DEFAULT_REGION":              cfg.Region,
		"AWS_ACCESS_KEY_ID":               accessKeyID,
		"AWS_SECRET_ACCESS_KEY":           secretAccessKey,
		"AWS_SESSION_TOKEN":               sessionToken,
		"AWS_XRAY_CONTEXT_MISSING":        "LOG_ERROR",
		"AWS_XRAY_DAEMON_ADDRESS":         "169.254.100.1:2000",
		"LAMBDA_RUNTIME_DIR":              "/var/runtime",
		"LAMBDA_TASK_ROOT":                f.TaskRoot,
		"LANG":                            "en_US.UTF-8",
		"LD_LIBRARY_PATH":                 "/lib64:/usr/lib64:" + f.TaskRoot + ":" + f.TaskRoot + "/lib:/opt/lib",
		"PATH":                            searchPath,
		"TZ":                              ":UTC",
		"_HANDLER":                        f.Handler,
		"TMPDIR":                          tmpDir,
	}
	maps.Copy(vars, cfg.Extra)
	maps.Copy(vars, f.Env)
	out := make([]string, 0, len(vars))
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		out = append(out, name+"="+cfg.Resolve(vars[name]))
	}
	return out
}

// checkBootstrap refuses code that has nothing to start, with the error that Lambda's runtime gives.
func (f Function) checkBootstrap() *failure {
	info, err := os.Stat(f.bootstrap())
	if err != nil || info.IsDir() {
		return &failure{kind: "Runtime.InvalidEntrypoint", text: fmt.Sprintf("Couldn't find valid bootstrap(s): [%s]", f.bootstrap())}
	}
	if info.Mode()&0o111 == 0 {
		return &failure{kind: "Runtime.InvalidEntrypoint", text: fmt.Sprintf("fork/exec %s: permission denied", f.bootstrap())}
	}
	return nil
}
