package lambda

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// policy is the resource policy of a function or of one of its versions or aliases. It authorizes nothing here.
type policy struct {
	Statements []policyStatement
	RevisionID string
}

// policyStatement is a statement of a policy document.
type policyStatement struct {
	Sid       string
	Effect    string
	Principal any
	Action    string
	Resource  string
	Condition map[string]map[string]string `json:",omitempty"`
}

// AddPermissionInput is a request to add a statement to a policy.
type AddPermissionInput struct {
	FunctionName        string `json:"-"` // with the qualifier
	StatementId         string
	Action              string
	Principal           string
	SourceArn           string
	SourceAccount       string
	EventSourceToken    string
	PrincipalOrgID      string
	FunctionUrlAuthType string
	RevisionId          string
}

// maxPolicyBytes is the longest policy, as on AWS.
const maxPolicyBytes = 20480

// AddPermission adds a statement to a policy and returns it as JSON.
func (s *Service) AddPermission(_ context.Context, in AddPermissionInput) (string, error) {
	if e := in.check(); e != nil {
		return "", e
	}
	var out string
	err := s.changePolicy(in.FunctionName, in.RevisionId, func(p *policy, resource string) *Error {
		if slices.ContainsFunc(p.Statements, func(st policyStatement) bool { return st.Sid == in.StatementId }) {
			return errorf(codeConflict, "The statement id (%s) provided already exists. Please provide a new statement id, or remove the existing statement.", in.StatementId)
		}
		st := in.statement(resource)
		p.Statements = append(p.Statements, st)
		if n := len(p.document()); n > maxPolicyBytes {
			return errorf(codePolicyLength, "The final policy size (%d) is bigger than the limit (%d).", n, maxPolicyBytes)
		}
		text, _ := json.Marshal(st) // strings always have a JSON form
		out = string(text)
		return nil
	})
	return out, err
}

var (
	statementExpr = regexp.MustCompile(`^[a-zA-Z0-9-_]+$`)
	actionExpr    = regexp.MustCompile(`^(lambda:[*]|lambda:[a-zA-Z]+|[*])$`)
	accountExpr   = regexp.MustCompile(`^\d{12}$`)
)

func (in AddPermissionInput) check() *Error {
	switch {
	case len(in.StatementId) > 100 || !statementExpr.MatchString(in.StatementId):
		return constraint("statementId", in.StatementId, "satisfy regular expression pattern: ([a-zA-Z0-9-_]+)")
	case !actionExpr.MatchString(in.Action):
		return constraint("action", in.Action, "satisfy regular expression pattern: (lambda:[*]|lambda:[a-zA-Z]+|[*])")
	case in.Principal == "" || strings.ContainsAny(in.Principal, " \t\n"):
		return constraint("principal", in.Principal, `satisfy regular expression pattern: [^\s]+`)
	case in.Principal != "*" && !accountExpr.MatchString(in.Principal) && !strings.Contains(in.Principal, ".amazonaws.com") && !strings.HasPrefix(in.Principal, "arn:"):
		return errorf(codeInvalidValue, "The provided principal was invalid. Please check the principal and try again.")
	case in.SourceAccount != "" && !accountExpr.MatchString(in.SourceAccount):
		return constraint("sourceAccount", in.SourceAccount, `satisfy regular expression pattern: \d{12}`)
	}
	return nil
}

func (in AddPermissionInput) statement(resource string) policyStatement {
	st := policyStatement{Sid: in.StatementId, Effect: "Allow", Action: in.Action, Resource: resource}
	switch {
	case in.Principal == "*":
		st.Principal = "*"
	case accountExpr.MatchString(in.Principal):
		st.Principal = map[string]string{"AWS": "arn:aws:iam::" + in.Principal + ":root"}
	case strings.HasPrefix(in.Principal, "arn:"):
		st.Principal = map[string]string{"AWS": in.Principal}
	default:
		st.Principal = map[string]string{"Service": in.Principal}
	}
	for _, c := range []struct{ operator, key, value string }{
		{"ArnLike", "AWS:SourceArn", in.SourceArn}, {"StringEquals", "AWS:SourceAccount", in.SourceAccount},
		{"StringEquals", "lambda:EventSourceToken", in.EventSourceToken}, {"StringEquals", "aws:PrincipalOrgID", in.PrincipalOrgID},
		{"StringEquals", "lambda:FunctionUrlAuthType", in.FunctionUrlAuthType},
	} {
		if c.value == "" {
			continue
		}
		if st.Condition == nil {
			st.Condition = make(map[string]map[string]string)
		}
		if st.Condition[c.operator] == nil {
			st.Condition[c.operator] = make(map[string]string)
		}
		st.Condition[c.operator][c.key] = c.value
	}
	return st
}

// document is a policy as AWS writes it.
func (p *policy) document() string {
	text, _ := json.Marshal(struct { // strings always have a JSON form
		Version   string
		Id        string
		Statement []policyStatement
	}{"2012-10-17", "default", p.Statements})
	return string(text)
}

// changePolicy changes the policy of what a name stands for.
func (s *Service) changePolicy(name, revision string, do func(p *policy, resource string) *Error) error {
	return s.change(name, func(f *function) *Error {
		id, e := s.parseName(name)
		if e != nil {
			return e
		}
		if id.qualifier == latest {
			return errorf(codeInvalidValue, "We currently do not support adding policies for $LATEST.")
		}
		changed := policy{RevisionID: uuid.NewString()}
		if p := f.policies[id.qualifier]; p != nil {
			if revision != "" && revision != p.RevisionID {
				return errorf(codePrecondition, "The Revision Id provided does not match the latest Revision Id. Call the GetPolicy API to retrieve the latest Revision Id")
			}
			changed.Statements = slices.Clone(p.Statements)
		}
		if e := do(&changed, s.functionARN(id)); e != nil {
			return e
		}
		f.policies[id.qualifier] = &changed
		if len(changed.Statements) == 0 {
			delete(f.policies, id.qualifier)
		}
		return nil
	})
}

// RemovePermission removes a statement from a policy.
func (s *Service) RemovePermission(_ context.Context, name, statement, revision string) error {
	return s.changePolicy(name, revision, func(p *policy, _ string) *Error {
		n := len(p.Statements)
		p.Statements = slices.DeleteFunc(p.Statements, func(st policyStatement) bool { return st.Sid == statement })
		if len(p.Statements) == n {
			return errorf(codeNotFound, "Statement %s is not found in resource policy.", statement)
		}
		return nil
	})
}

// PolicyOutput is a policy as it is shown.
type PolicyOutput struct {
	Policy     string
	RevisionId string
}

// GetPolicy shows a policy.
func (s *Service) GetPolicy(_ context.Context, name string) (PolicyOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, e := s.find(name)
	if e != nil {
		return PolicyOutput{}, e
	}
	id, e := s.parseName(name)
	if e != nil {
		return PolicyOutput{}, e
	}
	p := f.policies[id.qualifier]
	if p == nil {
		return PolicyOutput{}, errorf(codeNotFound, "The resource you requested does not exist.")
	}
	return PolicyOutput{p.document(), p.RevisionID}, nil
}
