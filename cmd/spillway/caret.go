package main

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"google.golang.org/grpc/codes"

	"github.com/spillway/spillway/pkg/client"
)

// filterColumn is how a gateway says where a filter is wrong.
const filterColumn = `^filter: column (\d+): `

// pointedError has below it the expression that it is about, and a caret.
type pointedError struct {
	error
	picture string
}

func (e pointedError) Error() string { return e.error.Error() + "\n" + e.picture }
func (e pointedError) Unwrap() error { return e.error }

// point shows where filter is wrong, if err says that it is and where. An expression of
// several lines, or with something that takes more or less than one place on a
// terminal, is not shown: the caret might be elsewhere.
func point(err error, filter string) error {
	var answer *client.Error
	if !errors.As(err, &answer) || answer.Code != codes.InvalidArgument {
		return err
	}
	match := regexp.MustCompile(filterColumn).FindStringSubmatch(answer.Message)
	if match == nil {
		return err
	}
	column, parseErr := strconv.Atoi(match[1])
	if parseErr != nil || column < 1 || column > utf8.RuneCountInString(filter)+1 || strings.ContainsFunc(filter, hasOddWidth) {
		return err
	}
	return pointedError{err, "  " + filter + "\n  " + strings.Repeat(" ", column-1) + "^"}
}

func hasOddWidth(r rune) bool { return r > unicode.MaxLatin1 || !unicode.IsPrint(r) }
