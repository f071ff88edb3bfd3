package schema

import (
	"reflect"
	"time"
)

// Bind copies in into the struct that dst points to, member by member name. A
// struct field that in lacks keeps its zero value; members without a struct
// field are ignored. Bind panics if a struct field cannot hold its member,
// which is a mistake in the program.
func Bind(in Fields, dst any) {
	bindStruct(in, reflect.ValueOf(dst).Elem())
}

func bindStruct(in Fields, dst reflect.Value) {
	t := dst.Type()
	for i := range t.NumField() {
		if v, ok := in[t.Field(i).Name]; ok && v != nil {
			bindValue(v, dst.Field(i))
		}
	}
}

func bindValue(v any, dst reflect.Value) {
	switch v := v.(type) {
	case string:
		dst.SetString(v)
	case int64:
		dst.SetInt(v)
	case bool:
		dst.SetBool(v)
	case []byte:
		dst.SetBytes(v)
	case time.Time:
		dst.Set(reflect.ValueOf(v))
	case Fields:
		bindFields(v, dst)
	case []any:
		dst.Set(reflect.MakeSlice(dst.Type(), len(v), len(v)))
		for i, item := range v {
			bindValue(item, dst.Index(i))
		}
	case map[string]any:
		dst.Set(reflect.MakeMapWithSize(dst.Type(), len(v)))
		for k, item := range v {
			e := reflect.New(dst.Type().Elem()).Elem()
			bindValue(item, e)
			dst.SetMapIndex(reflect.ValueOf(k), e)
		}
	}
}

func bindFields(v Fields, dst reflect.Value) {
	if dst.Kind() == reflect.Pointer {
		dst.Set(reflect.New(dst.Type().Elem()))
		dst = dst.Elem()
	}
	bindStruct(v, dst)
}

// FieldsOf is the inverse of Bind: it reads the struct src. Zero values, nil
// slices and nil maps count as absent.
func FieldsOf(src any) Fields {
	return fieldsOf(reflect.ValueOf(src))
}

func fieldsOf(v reflect.Value) Fields {
	out := make(Fields, v.NumField())
	for i := range v.NumField() {
		if f := v.Field(i); !f.IsZero() {
			out[v.Type().Field(i).Name] = plain(f)
		}
	}
	return out
}

func plain(v reflect.Value) any {
	switch x := v.Interface().(type) {
	case []byte:
		return x
	case time.Time:
		return x
	}
	switch v.Kind() {
	case reflect.Pointer:
		return plain(v.Elem())
	case reflect.Struct:
		return fieldsOf(v)
	case reflect.Slice:
		out := make([]any, v.Len())
		for i := range out {
			out[i] = plain(v.Index(i))
		}
		return out
	case reflect.Map:
		out := make(map[string]any, v.Len())
		for it := v.MapRange(); it.Next(); {
			out[it.Key().String()] = plain(it.Value())
		}
		return out
	case reflect.Int, reflect.Int64:
		return v.Int()
	case reflect.String:
		return v.String()
	default:
		return v.Interface()
	}
}
