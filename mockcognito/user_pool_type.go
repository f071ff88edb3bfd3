package mockcognito

import (
	"slices"

	"github.com/spillway/spillway/mockcognito/internal/schema"
)

// userPoolType is a pool in an answer: what was set, or the standard, and what the pool is.
type userPoolType map[string]any

// setting returns what a request has set, else the standard.
func (p *pool) setting(name string, standard any) any {
	if v, ok := p.settings[name]; ok {
		return v
	}
	return standard
}

func (s *Server) describe(p *pool) userPoolType {
	out := userPoolType{
		"Id": p.id, "Name": p.name, "Arn": s.poolARN(p), "CreationDate": epochOf(p.created), "LastModifiedDate": epochOf(p.modified),
		"EstimatedNumberOfUsers": 0, "SchemaAttributes": schemaAttributes(p.setting("Schema", nil)), "Policies": policies(p.setting("Policies", nil)),
	}
	for name, standard := range poolStandards() {
		out[name] = p.setting(name, standard)
	}
	for name, v := range p.settings {
		if _, ok := out[name]; !ok && name != "Schema" {
			out[name] = v
		}
	}
	if p.domain != "" {
		out["Domain"] = p.domain
	}
	if p.custom != nil {
		out["CustomDomain"] = p.custom.Name
	}
	if len(p.tags) > 0 {
		out["UserPoolTags"] = p.tags
	}
	return out
}

// poolARN is https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncognitouserpools.html.
func (s *Server) poolARN(p *pool) string {
	return "arn:aws:cognito-idp:" + regionOf(p.id) + ":" + s.account + ":userpool/" + p.id
}

// poolStandards are the settings of a pool of which nothing was said.
func poolStandards() map[string]any {
	return map[string]any{
		"AdminCreateUserConfig":       schema.Fields{"AllowAdminCreateUserOnly": false, "UnusedAccountValidityDays": 7},
		"DeletionProtection":          "INACTIVE",
		"EmailConfiguration":          schema.Fields{"EmailSendingAccount": "COGNITO_DEFAULT"},
		"LambdaConfig":                struct{}{},
		"MfaConfiguration":            "OFF",
		"UserPoolTier":                "ESSENTIALS",
		"VerificationMessageTemplate": schema.Fields{"DefaultEmailOption": "CONFIRM_WITH_CODE"},
	}
}

func policies(set any) schema.Fields {
	out := schema.Fields{
		"PasswordPolicy": schema.Fields{
			"MinimumLength": 8, "RequireUppercase": true, "RequireLowercase": true, "RequireNumbers": true, "RequireSymbols": true,
			"TemporaryPasswordValidityDays": 7,
		},
		"SignInPolicy": schema.Fields{"AllowedFirstAuthFactors": []any{"PASSWORD"}},
	}
	given, _ := set.(schema.Fields)
	for name, v := range given {
		out[name] = v
	}
	return out
}

// schemaAttributes are the standard ones with those that were set: in the place of the one of that name, or as custom
// attributes.
func schemaAttributes(set any) []schema.Fields {
	all := standardAttributes()
	given, _ := set.([]any)
	for _, one := range given {
		attribute, _ := one.(schema.Fields)
		attribute = rest(attribute)
		i := slices.IndexFunc(all, func(a schema.Fields) bool { return a["Name"] == attribute["Name"] })
		for name, standard := range map[string]any{"AttributeDataType": "String", "DeveloperOnlyAttribute": false, "Mutable": true, "Required": false} {
			if attribute[name] == nil {
				attribute[name] = standard
			}
		}
		if i >= 0 {
			all[i] = attribute
			continue
		}
		name, _ := attribute["Name"].(string)
		attribute["Name"] = "custom:" + name
		all = append(all, attribute)
	}
	return all
}

// standardAttributes are https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html, in
// the order of the CLI's example of create-user-pool.
func standardAttributes() []schema.Fields {
	attribute := func(name, kind string, constraints schema.Fields) schema.Fields {
		out := schema.Fields{"Name": name, "AttributeDataType": kind, "DeveloperOnlyAttribute": false, "Mutable": name != "sub", "Required": name == "sub"}
		if constraints != nil {
			out[kind+"AttributeConstraints"] = constraints
		}
		return out
	}
	out := []schema.Fields{attribute("sub", "String", schema.Fields{"MinLength": "1", "MaxLength": "2048"})}
	for _, name := range []string{
		"name", "given_name", "family_name", "middle_name", "nickname", "preferred_username", "profile", "picture", "website", "email",
		"email_verified", "gender", "birthdate", "zoneinfo", "locale", "phone_number", "phone_number_verified", "address",
	} {
		switch name {
		case "email_verified", "phone_number_verified":
			out = append(out, attribute(name, "Boolean", nil))
		case "birthdate":
			out = append(out, attribute(name, "String", schema.Fields{"MinLength": "10", "MaxLength": "10"}))
		default:
			out = append(out, attribute(name, "String", schema.Fields{"MinLength": "0", "MaxLength": "2048"}))
		}
	}
	return append(out, attribute("updated_at", "Number", schema.Fields{"MinValue": "0"}))
}
