package main

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/spillway/spillway/pkg/client"
	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

// refuseFilter is a gateway that finds a mistake in a filter.
func refuseFilter(req *spillwayv1.SubscribeRequest, _ grpc.ServerStreamingServer[spillwayv1.SubscribeResponse]) error {
	return status.Errorf(codes.InvalidArgument, "filter: column %d: unexpected '>'", strings.Index(req.GetFilter(), ">>")+2)
}

func TestFilter(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.events = []*spillwayv1.SubscribeResponse{batch(1, "1")}
	path := filepath.Join(t.TempDir(), "position")
	if got := spillway(t.Context(), c.env(), "", "subscribe", "--filter", "size < 10", "-n", "1", "--durable", path); got.err != nil || c.lastRequest().GetFilter() != "size < 10" {
		t.Errorf("%v, asked for %q", got.err, c.lastRequest().GetFilter())
	}
	got := spillway(t.Context(), c.env(), "", "subscribe", "--filter", "size < 11", "-n", "1", "--durable", path)
	if want := ` is of everything that is granted filtered by "size < 10", not of everything that is granted filtered by "size < 11": `; got.exit != exitUsage || !strings.Contains(got.err.Error(), want) {
		t.Errorf("another filter: exit %d, %v", got.exit, got.err)
	}
	c.serve = refuseFilter
	got = spillway(t.Context(), c.env(), "", "subscribe", "weather.us.ny", "--filter", "size >> 3")
	if want := "subscribe weather.us.ny: INVALID_ARGUMENT: filter: column 7: unexpected '>'"; got.exit != exitFailure || got.err.Error() != want {
		t.Errorf("a wrong filter: exit %d, %v, want %s", got.exit, got.err, want)
	}
}

func TestPoint(t *testing.T) {
	t.Parallel()
	invalid := func(message string) error { return &client.Error{Code: codes.InvalidArgument, Message: message} }
	tests := []struct {
		name   string
		err    error
		filter string
		want   string // what is added
	}{
		{"the first column", invalid("filter: column 1: x"), "abc", "\n  abc\n  ^"},
		{"after the last", invalid("filter: column 4: x"), "abc", "\n  abc\n     ^"},
		{"letters of two bytes", invalid("filter: column 6: x"), `"ä" + x`, "\n  \"ä\" + x\n       ^"},
		{"beyond", invalid("filter: column 5: x"), "abc", ""},
		{"no column", invalid("filter: is too long"), "abc", ""},
		{"column 0", invalid("filter: column 0: x"), "abc", ""},
		{"a huge column", invalid("filter: column 99999999999999999999: x"), "abc", ""},
		{"of something else", invalid("patterns[0]: column 1: x"), "abc", ""},
		{"another status", &client.Error{Code: codes.Unavailable, Message: "filter: column 1: x"}, "abc", ""},
		{"several lines", invalid("filter: column 1: x"), "a &&\nb", ""},
		{"a tab", invalid("filter: column 2: x"), "a\tb", ""},
		{"a wide letter", invalid("filter: column 2: x"), `"東"`, ""},
		{"a letter that is none", invalid("filter: column 2: x"), "a\x1b[2J", ""},
		{"no answer", errors.New("filter: column 1: x"), "abc", ""},
	}
	for _, tt := range tests {
		if got := point(tt.err, tt.filter); got.Error() != tt.err.Error()+tt.want || !errors.Is(got, tt.err) {
			t.Errorf("%s: %q, want %q added", tt.name, got, tt.want)
		}
	}
	if point(nil, "abc") != nil {
		t.Error("no error becomes one")
	}
}

func TestAccessTellsTheOperatorsFilters(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.filters = map[string]string{"weather.eu.>": "data.quality == \"good\" && size < 100"}
	want := "may read   weather.us.ny\n           weather.eu.>  where data.quality == \"good\" && size < 100\n"
	if got := spillway(t.Context(), c.env(), "", "access"); got.err != nil || !strings.Contains(got.stdout, want) {
		t.Errorf("%v, %s", got.err, got.stdout)
	}
	want = `"grant_filters":{"weather.eu.>":"data.quality == \"good\" && size < 100"}}` + "\n"
	if got := spillway(t.Context(), c.env(), "", "access", "-o", "json"); got.err != nil || !strings.HasSuffix(got.stdout, want) {
		t.Errorf("%v, %s", got.err, got.stdout)
	}
}
