package ssm

import (
	"context"
	"encoding/base64"
	"errors"
	"strconv"
	"time"
)

// Parameter is a version of a parameter with its value.
type Parameter struct {
	Name, Type, Value string
	Version           int64
	Selector          string `json:",omitempty"`
	LastModifiedDate  epoch
	ARN, DataType     string
}

// epoch is a time as the protocol has it: seconds, with a fraction.
type epoch time.Time

// MarshalJSON gives the seconds.
func (e epoch) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(time.Time(e).UnixMilli())/1000, 'f', 3, 64), nil
}

// GetParameterInput names a parameter: NAME, NAME:VERSION or its ARN.
type GetParameterInput struct {
	Name           string
	WithDecryption bool
}

// GetParameterOutput is a parameter.
type GetParameterOutput struct{ Parameter Parameter }

// GetParameter answers a parameter.
func (s *Service) GetParameter(_ context.Context, in GetParameterInput) (GetParameterOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, v, e := s.find(in.Name)
	if e != nil {
		return GetParameterOutput{}, e
	}
	return GetParameterOutput{s.show(p, v, in.Name, in.WithDecryption)}, nil
}

// Value answers a parameter's text; ok is false where there is none. Only what is not secret is told.
func (s *Service) Value(ctx context.Context, name string) (value string, ok bool, err error) {
	out, err := s.GetParameter(ctx, GetParameterInput{Name: name})
	var e *Error
	switch {
	case errors.As(err, &e) && (e.Code == CodeNotFound || e.Code == CodeVersionNotFound):
		return "", false, nil
	case err != nil:
		return "", false, err
	case out.Parameter.Type == kindSecure:
		return "", false, invalid("Parameters [%s] referenced by template have types not supported by CloudFormation.", name)
	}
	return out.Parameter.Value, true, nil
}

func (s *Service) show(p *parameter, v version, asked string, decrypt bool) Parameter {
	out := Parameter{Name: p.name, Type: v.kind, Value: v.value, Version: v.number, LastModifiedDate: epoch(v.lastModified), ARN: s.arn(p.name), DataType: "text"}
	if n := len(p.name); len(asked) > n && asked[:n] == p.name {
		out.Selector = asked[n:]
	}
	if v.kind == kindSecure && !decrypt {
		out.Value = base64.StdEncoding.EncodeToString([]byte("encrypted:" + p.name))
	}
	return out
}
