package main

import (
	"bytes"
	"encoding/json"
	"fmt"
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
	Length    *bounds   `json:"smithy.api#length"`
	Range     *bounds   `json:"smithy.api#range"`
	Pattern   string    `json:"smithy.api#pattern"`
	EnumValue string    `json:"smithy.api#enumValue"`
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
