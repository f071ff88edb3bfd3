package secretsmanager

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func newService(t *testing.T) (*Service, *time.Time) {
	t.Helper()
	now := time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	s, err := New(Config{Region: "us-east-1", AccountID: "000000000000", Clock: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	return s, &now
}

func text(v string) value { return value{SecretString: &v} }

func create(t *testing.T, s *Service, name, v string) SecretOutput {
	t.Helper()
	out, err := s.CreateSecret(t.Context(), CreateSecretInput{Name: name, value: text(v)})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// code is the code of an error of the API; another error has its text.
func code(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// TestVersions: labels move as the user guide says.
func TestVersions(t *testing.T) {
	s, _ := newService(t)
	first := create(t, s, "a", "1")
	second, err := s.PutSecretValue(t.Context(), PutSecretValueInput{SecretId: "a", value: text("2")})
	if err != nil {
		t.Fatal(err)
	}
	pending, err := s.PutSecretValue(t.Context(), PutSecretValueInput{SecretId: first.ARN, VersionStages: []string{"AWSPENDING"}, value: text("3")})
	if err != nil {
		t.Fatal(err)
	}
	d, err := s.DescribeSecret(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{first.VersionId: {stagePrevious}, second.VersionId: {stageCurrent}, pending.VersionId: {"AWSPENDING"}}
	if diff := cmp.Diff(want, d.VersionIdToStages); diff != "" {
		t.Error(diff)
	}
	for _, tt := range []struct {
		in         GetSecretValueInput
		want, code string
	}{
		{in: GetSecretValueInput{SecretId: "a"}, want: "2"},
		{in: GetSecretValueInput{SecretId: first.ARN}, want: "2"},
		{in: GetSecretValueInput{SecretId: strings.TrimSuffix(first.ARN, first.ARN[len(first.ARN)-7:])}, want: "2"},
		{in: GetSecretValueInput{SecretId: "a", VersionStage: stagePrevious}, want: "1"},
		{in: GetSecretValueInput{SecretId: "a", VersionId: pending.VersionId}, want: "3"},
		{in: GetSecretValueInput{SecretId: "a", VersionId: pending.VersionId, VersionStage: stageCurrent}, code: CodeInvalidRequest},
		{in: GetSecretValueInput{SecretId: "a", VersionStage: "NONE"}, code: CodeNotFound},
		{in: GetSecretValueInput{SecretId: "b"}, code: CodeNotFound},
		{in: GetSecretValueInput{}, code: CodeValidation},
	} {
		out, err := s.GetSecretValue(t.Context(), tt.in)
		var got string
		if out.SecretString != nil {
			got = *out.SecretString
		}
		if got != tt.want || code(err) != tt.code {
			t.Errorf("%+v: %q, %v; want %q %s", tt.in, got, err, tt.want, tt.code)
		}
	}
}

// TestTokens: the same token with the same value is the same version, with another value an error.
func TestTokens(t *testing.T) {
	s, _ := newService(t)
	in := CreateSecretInput{Name: "a", value: text("1")}
	in.ClientRequestToken = strings.Repeat("t", 32)
	first, err := s.CreateSecret(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.CreateSecret(t.Context(), in)
	if diff := cmp.Diff(first, again); diff != "" || err != nil {
		t.Error(diff, err)
	}
	in.value.SecretString = new(string)
	if _, err := s.CreateSecret(t.Context(), in); code(err) != CodeExists {
		t.Errorf("another value with the same token: %v", err)
	}
	put := PutSecretValueInput{SecretId: "a", value: in.value}
	if _, err := s.PutSecretValue(t.Context(), put); code(err) != CodeExists {
		t.Errorf("another value with the same token: %v", err)
	}
}

// TestDeletion: a secret that is marked can be restored until its window is over, and its name is taken as long.
func TestDeletion(t *testing.T) {
	s, now := newService(t)
	create(t, s, "a", "1")
	window := 7
	out, err := s.DeleteSecret(t.Context(), DeleteSecretInput{SecretId: "a", RecoveryWindowInDays: &window})
	if err != nil || !time.Time(out.DeletionDate).Equal(now.Add(7*day)) {
		t.Fatal(out, err)
	}
	_, read := s.GetSecretValue(t.Context(), GetSecretValueInput{SecretId: "a"})
	_, made := s.CreateSecret(t.Context(), CreateSecretInput{Name: "a"})
	_, twice := s.DeleteSecret(t.Context(), DeleteSecretInput{SecretId: "a"})
	for what, err := range map[string]error{"read": read, "made again": made, "deleted again": twice} {
		if code(err) != CodeInvalidRequest {
			t.Errorf("%s: %v", what, err)
		}
	}
	if list, err := s.ListSecrets(t.Context(), ListSecretsInput{}); err != nil || len(list.SecretList) != 0 {
		t.Errorf("lists %d secrets, %v", len(list.SecretList), err)
	}
	if _, err := s.RestoreSecret(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.GetSecretValue(t.Context(), GetSecretValueInput{SecretId: "a"}); err != nil {
		t.Errorf("restored: %v", err)
	}
	if _, err := s.DeleteSecret(t.Context(), DeleteSecretInput{SecretId: "a"}); err != nil {
		t.Fatal(err)
	}
	*now = now.Add(31 * day)
	create(t, s, "a", "2")
	if _, err := s.DeleteSecret(t.Context(), DeleteSecretInput{SecretId: "a", ForceDeleteWithoutRecovery: true}); err != nil {
		t.Fatal(err)
	}
	create(t, s, "a", "3")
}

// TestPasswords: a password is made of what it may be made of, and has one of each kind where that is asked for.
func TestPasswords(t *testing.T) {
	no, short, long := false, 3, 5000
	for _, tt := range []struct {
		name    string
		in      PasswordInput
		allowed string
		length  int
		code    string
	}{
		{name: "default", allowed: lower + upper + digits + punctuation, length: 32},
		{name: "letters", in: PasswordInput{ExcludeNumbers: true, ExcludePunctuation: true}, allowed: lower + upper, length: 32},
		{name: "without some", in: PasswordInput{ExcludeCharacters: "abc019", ExcludePunctuation: true}, allowed: lower[3:] + upper + digits, length: 32},
		{name: "space only", in: PasswordInput{ExcludeNumbers: true, ExcludePunctuation: true, ExcludeLowercase: true, ExcludeUppercase: true, IncludeSpace: true}, allowed: space, length: 32},
		{name: "too short for each", in: PasswordInput{PasswordLength: &short}, code: CodeInvalidParameter},
		{name: "short", in: PasswordInput{PasswordLength: &short, RequireEachIncludedType: &no}, allowed: lower + upper + digits + punctuation, length: 3},
		{name: "too long", in: PasswordInput{PasswordLength: &long}, code: CodeInvalidParameter},
		{name: "of nothing", in: PasswordInput{ExcludeNumbers: true, ExcludePunctuation: true, ExcludeLowercase: true, ExcludeUppercase: true}, code: CodeInvalidParameter},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for range 50 {
				got, err := RandomPassword(tt.in)
				if code(err) != tt.code || len(got) != tt.length || strings.Trim(got, tt.allowed) != "" {
					t.Fatalf("%q, %v", got, err)
				}
				if tt.length != 32 {
					continue
				}
				for _, kind := range tt.in.kinds() {
					if !strings.ContainsAny(got, kind) {
						t.Fatalf("%q has none of %q", got, kind)
					}
				}
			}
		})
	}
}

// TestBounds: memory has a bound, and so has a value.
func TestBounds(t *testing.T) {
	s, _ := newService(t)
	if _, err := s.CreateSecret(t.Context(), CreateSecretInput{Name: "a", value: text(strings.Repeat("x", maxValueBytes+1))}); code(err) != CodeValidation {
		t.Errorf("a long value: %v", err)
	}
	for i := range maxVersions + 20 {
		if i == 0 {
			create(t, s, "a", "0")
		}
		if _, err := s.PutSecretValue(t.Context(), PutSecretValueInput{SecretId: "a", value: text(strings.Repeat("v", i))}); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(s.secrets["a"].versions); n != maxVersions {
		t.Errorf("%d versions", n)
	}
	for i := range MaxSecrets {
		if _, err := s.CreateSecret(t.Context(), CreateSecretInput{Name: strings.Repeat("n", 1+i/100) + "/" + string(rune('a'+i%26)) + strings.Repeat("x", i%100)}); i == MaxSecrets-1 && code(err) != CodeLimit {
			t.Errorf("secret %d: %v", i, err)
		}
	}
}
