package elb

import (
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// readForm reads the members of a request of the query protocol into the struct that dst points to: a list is
// NAME.member.1, NAME.member.2 and so on, a structure NAME.MEMBER. What the struct has no field for is refused by name.
func readForm(form url.Values, dst any) *Error {
	left := maps.Clone(form)
	for _, name := range []string{"Action", "Version"} {
		delete(left, name)
	}
	if e := readMember(left, "", reflect.ValueOf(dst).Elem()); e != nil {
		return e
	}
	for _, name := range slices.Sorted(maps.Keys(left)) {
		if left.Get(name) != "" {
			return unsupported(fmt.Sprintf("%.100q", name))
		}
	}
	return nil
}

// readMember reads the member of that name, and takes what it has read out of the form.
func readMember(form url.Values, name string, v reflect.Value) *Error {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			member := strings.TrimPrefix(name+"."+v.Type().Field(i).Name, ".")
			if v.Type().Field(i).Anonymous {
				member = name
			}
			if e := readMember(form, member, v.Field(i)); e != nil {
				return e
			}
		}
		return nil
	case reflect.Slice:
		for i := 1; ; i++ {
			item := reflect.New(v.Type().Elem()).Elem()
			before := len(form)
			if e := readMember(form, fmt.Sprintf("%s.member.%d", name, i), item); e != nil {
				return e
			}
			if len(form) == before {
				return nil
			}
			v.Set(reflect.Append(v, item))
		}
	case reflect.Pointer:
		if !form.Has(name) {
			return nil
		}
		v.Set(reflect.New(v.Type().Elem()))
		return readMember(form, name, v.Elem())
	}
	return readScalar(form, name, v)
}

func readScalar(form url.Values, name string, v reflect.Value) *Error {
	if !form.Has(name) {
		return nil
	}
	text := form.Get(name)
	delete(form, name)
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return errorf(CodeMalformed, "%s: %.40q is no boolean", name, text)
		}
		v.SetBool(b)
	default:
		n, err := strconv.Atoi(text)
		if err != nil {
			return errorf(CodeMalformed, "%s: %.40q is no integer", name, text)
		}
		v.SetInt(int64(n))
	}
	return nil
}
