package relations

import "testing"

// TestPolicy follows "Policy evaluation logic" of the IAM guide.
func TestPolicy(t *testing.T) {
	allow := func(action, resource any) map[string]any {
		return map[string]any{"Effect": "Allow", "Action": action, "Resource": resource}
	}
	deny := func(action, resource any) map[string]any {
		return map[string]any{"Effect": "Deny", "Action": action, "Resource": resource}
	}
	for _, tt := range []struct {
		name       string
		statements []any
		want       bool
	}{
		{"nothing", nil, false},
		{"the action", []any{allow("s3:GetObject", "arn:aws:s3:::b/k")}, true},
		{"in another case", []any{allow("S3:getobject", "arn:aws:s3:::b/k")}, true},
		{"another action", []any{allow("s3:PutObject", "*")}, false},
		{"one of a list", []any{allow([]any{"s3:PutObject", "s3:Get*"}, []any{"x", "arn:aws:s3:::b/?"})}, true},
		{"everything", []any{allow("*", "*")}, true},
		{"all but another", []any{map[string]any{"Effect": "Allow", "NotAction": "s3:Put*", "NotResource": "arn:aws:s3:::other/*"}}, true},
		{"all but this", []any{map[string]any{"Effect": "Allow", "NotAction": "s3:Get*", "Resource": "*"}}, false},
		{"denied", []any{allow("*", "*"), deny("s3:*", "arn:aws:s3:::b/*")}, false},
		{"denied elsewhere", []any{allow("*", "*"), deny("s3:*", "arn:aws:s3:::other/*")}, true},
		{"a resource in another case", []any{allow("s3:GetObject", "arn:aws:s3:::B/k")}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := policy{statements: tt.statements, known: true}
			if got := p.allows(need{"s3:GetObject", []string{"arn:aws:s3:::b/k"}}); got != tt.want {
				t.Errorf("allowed: %t", got)
			}
		})
	}
}

func TestGlob(t *testing.T) {
	for _, tt := range []struct {
		pattern, value string
		want           bool
	}{
		{"", "", true}, {"*", "", true}, {"*", "abc", true}, {"a*c", "abc", true}, {"a*c", "abcd", false}, {"a?c", "abc", true}, {"a?c", "ac", false},
		{"*b*b", "abab", true}, {"a**", "a", true}, {"abc", "ab", false}, {"a", "ab", false},
	} {
		if got := glob(tt.pattern, tt.value); got != tt.want {
			t.Errorf("glob(%q, %q) is %t", tt.pattern, tt.value, got)
		}
	}
}

// TestManagedPolicies: a role with one of AWS's policies has what that allows; one that is not known is not judged.
func TestManagedPolicies(t *testing.T) {
	tr := &tree{}
	for _, tt := range []struct {
		arn    string
		lacked int
	}{
		{"arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole", 0},
		{"arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole", len(interfaceNeeds())},
		{"arn:aws:iam::000000000000:policy/unknown", 0},
	} {
		role := &resource{properties: map[string]any{"ManagedPolicyArns": []any{tt.arn}}}
		if got := tr.policyOf(role).lacks(interfaceNeeds()); len(got) != tt.lacked {
			t.Errorf("%s lacks %v: want %d", tt.arn, got, tt.lacked)
		}
	}
}
