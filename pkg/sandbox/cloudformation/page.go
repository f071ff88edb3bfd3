package cloudformation

import (
	"strconv"
	"time"
)

// page cuts one page out of items. A token is the index the page starts at.
func page[T any](items []T, token string) (out []T, next string, err error) {
	start := 0
	if token != "" {
		start, err = strconv.Atoi(token)
		if err != nil || len(token) > maxNextToken || start < 0 || start > len(items) {
			return nil, "", badToken()
		}
	}
	end := min(start+pageSize, len(items))
	if end < len(items) {
		next = strconv.Itoa(end)
	}
	return items[start:end], next, nil
}

// newestFirst cuts one page out of a history that grows at its end. A token is how many of the oldest are still to come,
// so that new events between two pages repeat nothing.
func newestFirst[T any](history []T, token string) (out []T, next string, err error) {
	left := len(history)
	if token != "" {
		n, err := strconv.Atoi(token)
		if err != nil || n < 0 || n > left {
			return nil, "", badToken()
		}
		left = n
	}
	for ; left > 0 && len(out) < pageSize; left-- {
		out = append(out, history[left-1])
	}
	if left > 0 {
		next = strconv.Itoa(left)
	}
	return out, next, nil
}

func badToken() *apiError {
	return validationError("1 validation error detected: Value at 'nextToken' failed to satisfy constraint: Member must be a token of an earlier answer")
}

// stamp is a time as the responses write it; the zero time is left out.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(timestampLayout)
}
