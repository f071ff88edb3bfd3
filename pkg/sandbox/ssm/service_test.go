package ssm

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func newService(t *testing.T) *Service {
	t.Helper()
	now := time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	s, err := New(Config{Region: "us-east-1", AccountID: "000000000000", Clock: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func put(t *testing.T, s *Service, name, kind, value string) {
	t.Helper()
	if _, err := s.PutParameter(t.Context(), PutParameterInput{Name: name, Type: kind, Value: value, Overwrite: true}); err != nil {
		t.Fatal(err)
	}
}

// code is the code of an error of the API.
func code(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func TestPutParameter(t *testing.T) {
	for _, tt := range []struct {
		name string
		in   PutParameterInput
		code string
	}{
		{"a path", PutParameterInput{Name: "/a/b", Type: kindString, Value: "x"}, ""},
		{"there", PutParameterInput{Name: "there", Type: kindString, Value: "x"}, CodeExists},
		{"no type", PutParameterInput{Name: "n", Value: "x"}, CodeValidation},
		{"overwritten without a type", PutParameterInput{Name: "there", Value: "x", Overwrite: true}, ""},
		{"unknown type", PutParameterInput{Name: "n", Type: "Number", Value: "x"}, CodeUnsupportedType},
		{"no value", PutParameterInput{Name: "n", Type: kindString}, CodeValidation},
		{"long value", PutParameterInput{Name: "n", Type: kindString, Value: strings.Repeat("x", maxValueBytes+1)}, CodeValidation},
		{"AWS's own", PutParameterInput{Name: "/aws/service/x", Type: kindString, Value: "x"}, CodeValidation},
		{"half a path", PutParameterInput{Name: "a/b", Type: kindString, Value: "x"}, CodeValidation},
		{"a blank", PutParameterInput{Name: "a b", Type: kindString, Value: "x"}, CodeValidation},
		{"fits", PutParameterInput{Name: "n", Type: kindString, Value: "12", AllowedPattern: `^\d+$`}, ""},
		{"does not fit", PutParameterInput{Name: "n", Type: kindString, Value: "x", AllowedPattern: `^\d+$`}, CodePattern},
		{"no expression", PutParameterInput{Name: "n", Type: kindString, Value: "x", AllowedPattern: `(`}, CodeInvalidPattern},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newService(t)
			put(t, s, "there", kindString, "old")
			if _, err := s.PutParameter(t.Context(), tt.in); code(err) != tt.code {
				t.Errorf("%v: want %q", err, tt.code)
			}
		})
	}
}

func TestGetParameter(t *testing.T) {
	s := newService(t)
	put(t, s, "/a/b", kindString, "1")
	put(t, s, "/a/b", kindString, "2")
	put(t, s, "secret", kindSecure, "s3cret")
	for _, tt := range []struct {
		in         GetParameterInput
		want, code string
	}{
		{in: GetParameterInput{Name: "/a/b"}, want: "2"},
		{in: GetParameterInput{Name: "/a/b:1"}, want: "1"},
		{in: GetParameterInput{Name: "arn:aws:ssm:us-east-1:000000000000:parameter/a/b"}, want: "2"},
		{in: GetParameterInput{Name: "arn:aws:ssm:us-east-1:000000000000:parameter/secret", WithDecryption: true}, want: "s3cret"},
		{in: GetParameterInput{Name: "/a/b:9"}, code: CodeVersionNotFound},
		{in: GetParameterInput{Name: "/a"}, code: CodeNotFound},
	} {
		out, err := s.GetParameter(t.Context(), tt.in)
		if out.Parameter.Value != tt.want || code(err) != tt.code {
			t.Errorf("%+v: %q, %v; want %q %s", tt.in, out.Parameter.Value, err, tt.want, tt.code)
		}
	}
	if out, err := s.GetParameter(t.Context(), GetParameterInput{Name: "secret"}); err != nil || strings.Contains(out.Parameter.Value, "s3cret") {
		t.Errorf("without decryption it tells %q, %v", out.Parameter.Value, err)
	}
	if _, ok, err := s.Value(t.Context(), "secret"); ok || err == nil {
		t.Error("a template may read what is secret")
	}
	if _, ok, err := s.Value(t.Context(), "none"); ok || err != nil {
		t.Errorf("a parameter that is not there: %v, %v", ok, err)
	}
}

// TestPages: every page continues where the one before it ended.
func TestPages(t *testing.T) {
	s := newService(t)
	var want []string
	for i := range 23 {
		name := fmt.Sprintf("/p/%02d", i)
		put(t, s, name, kindString, "x")
		want = append(want, name)
	}
	put(t, s, "/p/deep/1", kindString, "x")
	var got []string
	in := GetParametersByPathInput{Path: "/p"}
	for {
		out, err := s.GetParametersByPath(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range out.Parameters {
			got = append(got, p.Name)
		}
		if in.NextToken = out.NextToken; in.NextToken == "" {
			break
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	out, err := s.GetParametersByPath(t.Context(), GetParametersByPathInput{Path: "/p/deep", Recursive: true})
	if err != nil || len(out.Parameters) != 1 {
		t.Error(out, err)
	}
	deleted, err := s.DeleteParameters(t.Context(), []string{"/p/00", "/p/none"})
	if diff := cmp.Diff(DeleteParametersOutput{[]string{"/p/00"}, []string{"/p/none"}}, deleted); diff != "" || err != nil {
		t.Error(diff, err)
	}
}
