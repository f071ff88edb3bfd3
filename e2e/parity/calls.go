package main

import (
	"context"
	"fmt"
	"go/ast"
	"go/types"
	"regexp"
	"slices"
	"strings"
)

const serviceRoot = "github.com/aws/aws-sdk-go-v2/service/"

// calls are the IAM actions of what packages call of AWS, each with a package that does. A call is told by the type of its input, so that
// one by an interface of the caller's counts, too.
func (h house) calls(ctx context.Context, paths ...string) (map[string]string, error) {
	loaded, err := h.load(ctx, paths...)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, p := range loaded {
		for _, o := range p.TypesInfo.Uses {
			f, ok := o.(*types.Func)
			if !ok {
				continue
			}
			service, operation := operationOf(f)
			if operation == "" {
				continue
			}
			action, err := actionOf(service, operation)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", p.PkgPath, err)
			}
			out[action] = strings.TrimPrefix(p.PkgPath, module+"/")
		}
	}
	return out, nil
}

// operationOf is the service and the operation that a function calls, by its input or as a paginator; empty for other functions.
func operationOf(f *types.Func) (service, operation string) {
	signature := f.Signature()
	if signature.Recv() == nil {
		if f.Pkg() == nil || !strings.HasPrefix(f.Pkg().Path(), serviceRoot) {
			return "", ""
		}
		if name, ok := strings.CutSuffix(strings.TrimPrefix(f.Name(), "New"), "Paginator"); ok {
			return strings.TrimPrefix(f.Pkg().Path(), serviceRoot), name
		}
		return "", ""
	}
	if signature.Params().Len() < 2 {
		return "", ""
	}
	pointer, ok := signature.Params().At(1).Type().(*types.Pointer)
	if !ok {
		return "", ""
	}
	named, ok := pointer.Elem().(*types.Named)
	if !ok || named.Obj().Pkg() == nil || !strings.HasPrefix(named.Obj().Pkg().Path(), serviceRoot) {
		return "", ""
	}
	operation, ok = strings.CutSuffix(named.Obj().Name(), "Input")
	if !ok || operation != f.Name() {
		return "", ""
	}
	return strings.TrimPrefix(named.Obj().Pkg().Path(), serviceRoot), operation
}

// actionOf is what IAM calls an operation: https://docs.aws.amazon.com/service-authorization/latest/reference/.
func actionOf(service, operation string) (string, error) {
	prefix, ok := map[string]string{
		"cloudformation": "cloudformation", "cloudwatchlogs": "logs", "cognitoidentityprovider": "cognito-idp", "ecr": "ecr", "ecs": "ecs", "kinesis": "kinesis",
		"lambda": "lambda", "s3": "s3", "secretsmanager": "secretsmanager", "sns": "sns", "sqs": "sqs", "sts": "sts",
	}[service]
	if !ok {
		return "", fmt.Errorf("what IAM calls the actions of the service %s has yet to be said", service)
	}
	if service == "s3" { // whose actions have names of their own
		if name, ok := map[string]string{"HeadObject": "GetObject", "HeadBucket": "ListBucket", "ListObjectsV2": "ListBucket"}[operation]; ok {
			operation = name
		}
	}
	return prefix + ":" + operation, nil
}

// operators compares what the commands of operators call with the rights that their help names.
func (h house) operators(ctx context.Context) (*table, error) {
	t := &table{title: "AWS actions of commands", header: []string{"command", "action", "called in"}}
	for _, c := range []struct{ command, path, help string }{
		{"admin replay", module + "/pkg/rebuild", "cmd/spillway/admin_replay.go"},
		{"admin customer", module + "/pkg/customers", "cmd/spillway/admin_customer.go"},
	} {
		calls, err := h.calls(ctx, c.path)
		if err != nil {
			return nil, err
		}
		if len(calls) == 0 {
			return nil, fmt.Errorf("%s calls nothing of AWS", c.path)
		}
		file, err := h.parse(c.help)
		if err != nil {
			return nil, err
		}
		known, err := h.operations(ctx, c.path)
		if err != nil {
			return nil, err
		}
		named := namedIn(file, known)
		for _, action := range sorted(calls) {
			_, name, _ := strings.Cut(action, ":")
			if !slices.Contains(named, name) {
				t.wrong("its help does not name it", c.command, action, calls[action])
				continue
			}
			named = slices.DeleteFunc(named, func(n string) bool { return n == name })
			t.right("", c.command, action, calls[action])
		}
		for _, name := range named {
			t.wrong("its help names it, and it is not called", c.command, name, "")
		}
	}
	return t, nil
}

func sorted(m map[string]string) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// operations are those of the services that a package imports.
func (h house) operations(ctx context.Context, path string) (map[string]bool, error) {
	loaded, err := h.load(ctx, path)
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for _, p := range loaded {
		for _, imported := range p.Types.Imports() {
			client, ok := imported.Scope().Lookup("Client").(*types.TypeName)
			if !ok || !strings.HasPrefix(imported.Path(), serviceRoot) {
				continue
			}
			methods := types.NewMethodSet(types.NewPointer(client.Type()))
			for m := range methods.Methods() {
				if f, ok := m.Obj().(*types.Func); ok {
					if _, operation := operationOf(f); operation != "" {
						out[operation] = true
					}
				}
			}
		}
	}
	return out, nil
}

// word is what an operation's name looks like.
var word = regexp.MustCompile(`\b[A-Z][a-z]+[A-Z][A-Za-z0-9]*\b`)

// namedIn are the operations that the texts of a file name, each once.
func namedIn(file *ast.File, known map[string]bool) []string {
	var out []string
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok {
			for _, w := range word.FindAllString(lit.Value, -1) {
				if known[w] {
					out = append(out, w)
				}
			}
		}
		return true
	})
	slices.Sort(out)
	return slices.Compact(out)
}
