package deploy

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// source is the template, inline or by address, and the parameters that go with it.
type source struct {
	body, url  *string
	parameters map[string]string // those of the options
	decided    map[string]string // those that follow from artifacts, for templates that have them
	declared   []types.ParameterDeclaration
}

// prepareSource uploads the templates that cannot be sent, has CloudFormation read all of them and checks the parameters' names.
func (d *deployer) prepareSource(ctx context.Context, store *artifacts, o Options) (*source, error) {
	s := &source{parameters: o.Parameters, decided: map[string]string{}}
	if o.Nested != nil {
		url, err := d.uploadNested(ctx, store, o.Nested)
		if err != nil {
			return nil, err
		}
		s.decided[parameterTemplates] = url
	}
	if len(o.TemplateBody) <= maxInline {
		s.body = &o.TemplateBody
	} else {
		root := newArtifact("templates", ".yaml", []byte(o.TemplateBody))
		if err := store.put(ctx, root); err != nil {
			return nil, err
		}
		s.url = aws.String(store.url(root.key))
	}
	if _, err := d.cfn.ValidateTemplate(ctx, &cloudformation.ValidateTemplateInput{TemplateBody: s.body, TemplateURL: s.url}); err != nil {
		return nil, fmt.Errorf("validate the template: %w", err)
	}
	read, err := d.cfn.GetTemplateSummary(ctx, &cloudformation.GetTemplateSummaryInput{TemplateBody: s.body, TemplateURL: s.url})
	if err != nil {
		return nil, fmt.Errorf("read the template's parameters: %w", err)
	}
	s.declared = read.Parameters
	return s, nil
}

// uploadNested uploads the nested templates below a prefix of their content, validates each, and returns the prefix' address.
func (d *deployer) uploadNested(ctx context.Context, store *artifacts, templates fs.FS) (string, error) {
	names, err := fs.Glob(templates, "*")
	if err != nil {
		return "", fmt.Errorf("list the nested templates: %w", err)
	}
	bodies, sum := map[string][]byte{}, sha256.New()
	for _, name := range names {
		if bodies[name], err = fs.ReadFile(templates, name); err != nil {
			return "", fmt.Errorf("read the nested template %s: %w", name, err)
		}
		fmt.Fprintf(sum, "%s %d\n", name, len(bodies[name]))
		sum.Write(bodies[name])
	}
	prefix := "templates/" + hex.EncodeToString(sum.Sum(nil))
	for _, name := range names {
		one := artifact{key: prefix + "/" + name, body: bodies[name]}
		if err := store.put(ctx, one); err != nil {
			return "", err
		}
		if _, err := d.cfn.ValidateTemplate(ctx, &cloudformation.ValidateTemplateInput{TemplateURL: aws.String(store.url(one.key))}); err != nil {
			return "", fmt.Errorf("validate the template %s: %w", name, err)
		}
	}
	return store.url(prefix), nil
}

// check names every parameter that the template has not, that it lacks, and whose value it does not allow. What a value must
// look like CloudFormation checks, when the change set is made.
func (s *source) check(update bool) error {
	var mistakes []error
	names := map[string]bool{}
	for _, p := range s.declared {
		name := aws.ToString(p.ParameterKey)
		names[name] = true
		v, given := s.value(name)
		switch {
		case !given && p.DefaultValue == nil && !update:
			mistakes = append(mistakes, fmt.Errorf("parameter %s has no default: %s", name, aws.ToString(p.Description)))
		case given && p.ParameterConstraints != nil && len(p.ParameterConstraints.AllowedValues) > 0 && !slices.Contains(p.ParameterConstraints.AllowedValues, v):
			mistakes = append(mistakes, fmt.Errorf("parameter %s is %q: want one of %s", name, v, strings.Join(p.ParameterConstraints.AllowedValues, ", ")))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.parameters)) {
		if !names[name] {
			mistakes = append(mistakes, fmt.Errorf("parameter %s: the template has none of that name; it has %s", name, strings.Join(slices.Sorted(maps.Keys(names)), ", ")))
		}
	}
	return errors.Join(mistakes...)
}

func (s *source) value(name string) (string, bool) {
	if v, ok := s.parameters[name]; ok {
		return v, true
	}
	v, ok := s.decided[name]
	return v, ok
}

// list is the parameters of the change set. One without a default keeps its value on an update.
func (s *source) list(update bool) []types.Parameter {
	var list []types.Parameter
	for _, p := range s.declared {
		key := aws.ToString(p.ParameterKey)
		if v, given := s.value(key); given {
			list = append(list, types.Parameter{ParameterKey: &key, ParameterValue: &v})
		} else if p.DefaultValue == nil && update {
			list = append(list, types.Parameter{ParameterKey: &key, UsePreviousValue: aws.Bool(true)})
		}
	}
	return list
}
