package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// model is a Smithy model, as far as requests need it.
type model struct {
	Shapes map[string]shape `json:"shapes"`
}

type shape struct {
	Type    string  `json:"type"`
	Traits  traits  `json:"traits"`
	Members members `json:"members"`
	Member  *member `json:"member"`
	Key     *member `json:"key"`
	Value   *member `json:"value"`
	Input   *member `json:"input"`
}

type traits struct {
	Required  *struct{} `json:"smithy.api#required"`
	Sensitive *struct{} `json:"smithy.api#sensitive"`
	Length    *bounds   `json:"smithy.api#length"`
	Range     *bounds   `json:"smithy.api#range"`
	Pattern   string    `json:"smithy.api#pattern"`
	EnumValue any       `json:"smithy.api#enumValue"`
}

type bounds struct {
	Min *int64 `json:"min"`
	Max *int64 `json:"max"`
}

type member struct {
	name   string
	Target string `json:"target"`
	Traits traits `json:"traits"`
}

// members keep the model's order.
type members []member

// UnmarshalJSON reads an object in the order of its text.
func (m *members) UnmarshalJSON(data []byte) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	if _, err := dec.Token(); err != nil {
		return err
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return err
		}
		one := member{name: fmt.Sprint(name)}
		if err := dec.Decode(&one); err != nil {
			return err
		}
		*m = append(*m, one)
	}
	return nil
}

// add puts newer's shapes and members to those of m.
func (m model) add(newer model) {
	for id, s := range newer.Shapes {
		if old, ok := m.Shapes[id]; ok && s.Type == "structure" {
			old.Members = append(old.Members, s.Members...)
			s = old
		}
		m.Shapes[id] = s
	}
}

// references are the ids of the shapes that s is made of.
func (s shape) references() []string {
	var ids []string
	for _, one := range []*member{s.Member, s.Key, s.Value} {
		if one != nil {
			ids = append(ids, one.Target)
		}
	}
	if s.Type != "structure" {
		return ids
	}
	for _, one := range s.Members {
		ids = append(ids, one.Target)
	}
	return ids
}

// children is the text of the references.
func (s shape) children() string {
	switch s.Type {
	case "list":
		return "Member: " + variable(s.Member.Target)
	case "map":
		return fmt.Sprintf("Key: %s, Member: %s", variable(s.Key.Target), variable(s.Value.Target))
	case "structure":
		var b strings.Builder
		b.WriteString("Fields: []Field{\n")
		for _, one := range s.Members {
			fmt.Fprintf(&b, "{Name: %q, Required: %t, Shape: %s},\n", one.name, one.Traits.Required != nil, variable(one.Target))
		}
		return b.String() + "}"
	default:
		return ""
	}
}

// enum are the values of an enum, in the order in which the service has been seen to print them where one was seen
// (github.com/awsdocs/aws-cloudformation-user-guide/issues/563), else in the model's.
func (s shape) enum(name string) []string {
	if name == "OAuthFlowType" {
		return []string{"implicit", "client_credentials", "code"}
	}
	var values []string
	for _, one := range s.Members {
		values = append(values, fmt.Sprint(one.Traits.EnumValue))
	}
	return values
}
