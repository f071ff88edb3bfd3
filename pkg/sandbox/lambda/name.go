package lambda

import (
	"regexp"
	"strings"
)

// functionID is a function as a caller named it.
type functionID struct {
	name      string
	qualifier string // "" if none was given
}

const (
	maxFunctionName = 64  // of the name alone
	maxFunctionID   = 140 // of a name, ARN or partial ARN
	namePattern     = `(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}(-gov)?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?`
	rolePattern     = `arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+`
)

var (
	nameExpr = regexp.MustCompile("^" + namePattern + "$")
	roleExpr = regexp.MustCompile("^" + rolePattern + "$")
)

// parseName reads a function name, ARN or partial ARN.
func (s *Service) parseName(text string) (functionID, *Error) {
	if text == "" || len(text) > maxFunctionID {
		return functionID{}, constraint("functionName", text, "have length less than or equal to 140, and greater than or equal to 1")
	}
	m := nameExpr.FindStringSubmatch(text)
	if m == nil {
		return functionID{}, constraint("functionName", text, "satisfy regular expression pattern: "+namePattern)
	}
	id := functionID{name: m[7], qualifier: m[9]}
	if len(id.name) > maxFunctionName {
		return functionID{}, constraint("functionName", id.name, "have length less than or equal to 64")
	}
	region, account := strings.TrimSuffix(m[3], ":"), strings.TrimSuffix(m[5], ":")
	if region != "" && region != s.cfg.Region {
		return functionID{}, errorf(codeNotFound, "Functions from '%s' are not reachable in this region ('%s')", region, s.cfg.Region)
	}
	if account != "" && account != s.cfg.AccountID {
		return functionID{}, functionNotFound(text)
	}
	return id, nil
}

// withQualifier adds the qualifier of a query to a name, unless the name has one.
func withQualifier(name, qualifier string) string {
	if qualifier == "" || strings.HasSuffix(name, ":"+qualifier) {
		return name
	}
	return name + ":" + qualifier
}

// functionARN is the ARN of a function, with its qualifier if it was given one.
func (s *Service) functionARN(id functionID) string {
	arn := "arn:aws:lambda:" + s.cfg.Region + ":" + s.cfg.AccountID + ":function:" + id.name
	if id.qualifier != "" {
		arn += ":" + id.qualifier
	}
	return arn
}
