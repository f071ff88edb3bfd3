package stack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"go.yaml.in/yaml/v4"

	templates "github.com/spillway/spillway/deploy"
	"github.com/spillway/spillway/pkg/deploy"
	"github.com/spillway/spillway/pkg/deploy/image"
)

const (
	// certificateARN is the development certificate in Certificate Manager: the sandbox has it for every ARN.
	certificateARN = "arn:aws:acm:" + region + ":000000000000:certificate/development"
	// localDrain is short: nobody waits for a rolling deployment here but for "down".
	localDrain = "1s"
	// taskAdminPort is where a task answers for its health and metrics.
	taskAdminPort = "8081"
	// programsDir, in stateDir, has what is deployed as the deployer wants it: ARCH/NAME.
	programsDir = "programs"
)

// Deviations are what a local stack deploys all-steps.yaml with in place of the template's defaults.
type Deviations struct {
	// Parameters are parameters of the template, by name.
	Parameters map[string]string
	// Variables are those that tasks get whose definition does not name them.
	Variables map[string]string
}

// Deviations tells how what Up deploys to a cloud at ports differs from what the templates say.
func (s *Stack) Deviations(ports Ports) (Deviations, error) {
	parameters, err := s.allParameters(endpointsAt(ports))
	return Deviations{Parameters: parameters, Variables: s.taskVariables()}, err
}

// taskVariables are what the gateway's tasks get beside what the template says: what AWS has addresses of its own for, and an
// address on which the tasks do not meet.
func (s *Stack) taskVariables() map[string]string {
	variables := map[string]string{
		"SPILLWAY_ADMIN_LISTEN": ":" + taskAdminPort,
		"SPILLWAY_JWKS_URL":     "${SPILLWAY_ISSUER}/.well-known/jwks.json",
		"SPILLWAY_POLICY_FILE":  s.path(policyFile),
	}
	maps.Copy(variables, s.o.Gateway)
	return variables
}

// writeTasks writes taskVariables for the sandbox.
func (s *Stack) writeTasks() error {
	text, err := json.MarshalIndent(s.taskVariables(), "", "  ")
	if err != nil {
		return fmt.Errorf("make %s: %w", tasksFile, err)
	}
	return writeSecret(s.path(tasksFile), text)
}

// allParameters are the parameters of all-steps.yaml that a local stack has other values for.
func (s *Stack) allParameters(e Endpoints) (map[string]string, error) {
	_, port, err := net.SplitHostPort(e.Gateway)
	if err != nil {
		return nil, fmt.Errorf("port of the listener: %w", err)
	}
	parameters := customerParameters(s.o.Customers)
	maps.Copy(parameters, map[string]string{
		"CertificateArn": certificateARN, "ListenPort": port, "DrainWindow": localDrain, "Route": route, "Budget": budget,
		"LogLevel": s.o.LogLevel, "Reflection": "true",
	})
	maps.Copy(parameters, s.o.Parameters)
	return parameters, nil
}

// provisionAll deploys all-steps.yaml to the sandbox, and writes the settings with which it can be deployed again.
func provisionAll(ctx context.Context, s *Stack, e *Endpoints) error {
	parameters, err := s.allParameters(*e)
	if err != nil {
		return err
	}
	if err := s.writeDeployment(*e, parameters); err != nil {
		return err
	}
	spec := image.Gateway(s.binary(gatewayName))
	spec.Dynamic = true // tasks are processes that see this machine's libraries
	made, err := image.New(spec)
	if err != nil {
		return err
	}
	history, err := os.Create(s.path(logDir, deployLog))
	if err != nil {
		return err
	}
	out, err := deploy.Stack(ctx, localConfig(e.Region, e.AWS), deploy.Options{
		StackName: stackName, TemplateBody: templates.AllSteps, Nested: templates.Nested, Parameters: parameters,
		Bootstrap: s.binary(bootstrapName), Image: made, Events: func(e deploy.Event) { fmt.Fprintln(history, e) },
	})
	if err := errors.Join(err, history.Close()); err != nil {
		return err
	}
	e.Stream, e.Function, e.FailureBucket = out["KinesisStreamName"], out["FunctionName"], out["FailureBucket"]
	e.Gateway, e.Redis = out["ELBURL"], out["REDURL"]
	return s.findAdmin(ctx, e)
}

// findAdmin completes endpoints with a task's address for operators, and with the address of a Redis that the cloud has a name for.
func (s *Stack) findAdmin(ctx context.Context, e *Endpoints) error {
	h, err := fetchHealth(ctx, e.AWS)
	if err != nil {
		return err
	}
	e.Redis = h.resolve(e.Redis)
	i := slices.IndexFunc(h.Tasks, func(t Task) bool { return t.Name == gatewayName && !t.Stopping })
	if i < 0 {
		return errors.New("no task of the gateway runs")
	}
	e.Admin = "http://" + net.JoinHostPort(h.Tasks[i].Address, taskAdminPort)
	return nil
}

// writeDeployment gives the deployer the programs that run, and the settings that the stack is deployed with.
func (s *Stack) writeDeployment(e Endpoints, parameters map[string]string) error {
	dir := s.path(stateDir, programsDir, runtime.GOARCH)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, name := range []string{gatewayName, bootstrapName} {
		if err := os.Symlink(s.binary(name), filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("link the programs: %w", err)
		}
	}
	text, err := yaml.Dump(map[string]any{
		"stack": stackName, "template": TemplateAllSteps, "region": region, "binaries": s.path(stateDir, programsDir), "parameters": parameters,
		"smoke": map[string]string{"tokenUrl": e.TokenURL},
	})
	if err != nil {
		return fmt.Errorf("make %s: %w", deployFile, err)
	}
	return writeSecret(s.path(deployFile), append([]byte("# How the local stack was deployed; SPILLWAY_DEPLOY_FILE names it to the deployer.\n"), text...))
}
