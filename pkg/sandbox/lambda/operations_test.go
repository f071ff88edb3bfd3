package lambda_test

import (
	"context"
	"errors"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/smithy-go"

	"github.com/spillway/spillway/pkg/sandbox/lambda"
	"github.com/spillway/spillway/pkg/sandbox/ledger"
)

// Every operation that the SDK has is in the table, and the other way round; the refused ones answer with their name, at
// the path that the SDK calls, and no other one does.
func TestOperations(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	table := map[string]lambda.Operation{}
	for _, op := range lambda.Operations() {
		if table[op.Name].Name != "" {
			t.Errorf("%s is there twice", op.Name)
		}
		if (op.Status != ledger.Done) != (op.Note != "") {
			t.Errorf("%s is %s, with the note %q", op.Name, op.Status, op.Note)
		}
		table[op.Name] = op
	}
	client := reflect.ValueOf(s.client)
	for i := range client.NumMethod() {
		method := client.Type().Method(i)
		if method.Type.NumIn() < 3 || !strings.HasSuffix(method.Type.In(2).String(), "Input") {
			continue // no operation
		}
		op, ok := table[method.Name]
		if !ok {
			t.Errorf("%s is not in the table", method.Name)
			continue
		}
		delete(table, method.Name)
		t.Run(op.Name, func(t *testing.T) {
			in := reflect.New(method.Type.In(2).Elem())
			fill(in.Elem(), 0)
			out := client.Method(i).Call([]reflect.Value{reflect.ValueOf(context.Background()), in})
			err, _ := out[1].Interface().(error)
			var e smithy.APIError
			refused := errors.As(err, &e) && e.ErrorCode() == "UnknownOperationException"
			if refused != (op.Status == ledger.LeftOut) || refused && e.ErrorMessage() != op.Name+" is not supported by the sandbox" {
				t.Errorf("%s: %v", op.Status, err)
			}
			if err != nil && !errors.As(err, &e) {
				t.Errorf("the call never came to an answer: %v", err)
			}
		})
	}
	for name := range table {
		t.Errorf("the SDK has no %s", name)
	}
}

// fill gives everything in v a value, so that the SDK sends it.
func fill(v reflect.Value, depth int) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), depth+1)
	case reflect.String:
		v.SetString("x")
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() && depth < 5 {
				fill(v.Field(i), depth+1)
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), depth+1)
	case reflect.Interface:
		if v.Type().Implements(reflect.TypeFor[interface{ Read([]byte) (int, error) }]()) {
			v.Set(reflect.ValueOf(strings.NewReader("{}")))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
	case reflect.Int32:
		v.SetInt(1)
	}
}

func TestOperationPaths(t *testing.T) {
	t.Parallel()
	for _, op := range lambda.Operations() {
		if !regexp.MustCompile(`^/20\d\d-\d\d-\d\d/[a-z-]+`).MatchString(op.Path) {
			t.Errorf("%s is at %s", op.Name, op.Path)
		}
	}
}
