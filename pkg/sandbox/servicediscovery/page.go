package servicediscovery

import "strconv"

// page is the part of a list that a token and a size name, and the token of what follows; the token is a position.
func page[T any](all []T, token string, size *int) (part []T, next string, err *Error) {
	most, from := maxPage, 0
	if size != nil {
		most = *size
	}
	if most < 1 || most > maxPage {
		return nil, "", invalid("MaxResults must be between 1 and %d", maxPage)
	}
	if token != "" {
		n, convErr := strconv.Atoi(token)
		if convErr != nil || n < 0 || n > len(all) {
			return nil, "", invalid("The NextToken %.40q is not one of this list", token)
		}
		from = n
	}
	end := min(from+most, len(all))
	if end < len(all) {
		next = strconv.Itoa(end)
	}
	return all[from:end:end], next, nil
}

// Filter narrows a list. Its conditions but EQ and IN are refused.
type Filter struct {
	Name, Condition string
	Values          []string
}

func (f Filter) check(names ...string) *Error {
	known := false
	for _, n := range names {
		known = known || n == f.Name
	}
	switch {
	case !known:
		return unsupported("The filter %.40q", f.Name)
	case f.Condition != "" && f.Condition != "EQ" && f.Condition != "IN":
		return unsupported("The condition %.40q", f.Condition)
	}
	return nil
}
