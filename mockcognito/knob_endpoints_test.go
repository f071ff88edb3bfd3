package mockcognito

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func turn(t *testing.T, base, knob, body string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+knobPath+knob, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	return do(t, req)
}

func TestKnobEndpoints(t *testing.T) {
	t.Parallel()
	s, web := newTestServer(t, Config{Now: fixedClock()})
	before := kids(s)
	for _, request := range []struct{ knob, body string }{
		{"clock", `{"set":"2030-01-01T00:00:00Z"}`},
		{"clock", `{"shift":"90m"}`},
		{"expire-now", `{"id":"` + testPoolID + `"}`},
		{"token-lifetime", `{"id":"` + testClientID + `","lifetime":"2s"}`},
		{"fail", `{"count":3,"status":503,"error":"later"}`},
		{"latency", `{"latency":"1ms"}`},
		{"throttle", `{"requests_per_second":150}`},
		{"rotate-keys", `{"id":"` + testPoolID + `"}`},
	} {
		if got := turn(t, web.URL, request.knob, request.body); got.status != http.StatusOK {
			t.Errorf("%s %s: %d %s", request.knob, request.body, got.status, got.body)
		}
	}
	if after := kids(s); len(after) != 4 || after[2] != before[0] {
		t.Errorf("keys %v after %v", after, before)
	}
	want := knobState{
		Time: time.Date(2030, 1, 1, 1, 30, 0, 0, time.UTC), FailuresLeft: 3, FailureStatus: 503, FailureError: "later", Latency: "1ms", Throttle: 150,
		Lifetimes: map[string]string{testPoolID: "-1s", testClientID: "2s"},
	}
	want.ClockShift = want.Time.Sub(fixedClock()()).String()
	check := func(body string, want knobState) {
		t.Helper()
		var got knobState
		if err := json.Unmarshal([]byte(body), &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("knobs (-want +got):\n%s", diff)
		}
	}
	check(get(t, web.URL+knobPath).body, want)
	check(turn(t, web.URL, "reset", `{}`).body, knobState{Time: fixedClock()(), ClockShift: "0s", Latency: "0s", Lifetimes: map[string]string{}})
}

func TestKnobEndpointRefusals(t *testing.T) {
	t.Parallel()
	_, web := newTestServer(t, Config{})
	tests := map[string]struct {
		knob, body string
		status     int
		want       string
	}{
		"unknown knob":    {"colour", `{}`, 404, "there is no such knob"},
		"no JSON":         {"clock", `shift=1h`, 400, "not the JSON object of this knob"},
		"unknown member":  {"clock", `{"shft":"1h"}`, 400, "unknown field"},
		"tail":            {"clock", `{"shift":"1h"}{}`, 400, "something follows"},
		"too large":       {"clock", strings.Repeat(" ", maxKnobBody+1), 400, "larger than 4096 bytes"},
		"both":            {"clock", `{"shift":"1h","set":"2030-01-01T00:00:00Z"}`, 400, "give either"},
		"no duration":     {"clock", `{"shift":"an hour"}`, 400, "is not a duration"},
		"too far":         {"clock", `{"set":"9999-01-01T00:00:00Z"}`, 400, "at most"},
		"fail what":       {"fail", `{"count":1}`, 400, "give"},
		"fail well":       {"fail", `{"count":1,"status":200,"error":"x"}`, 400, "status 400 to 599"},
		"fail too often":  {"fail", `{"count":1000001,"status":500,"error":"x"}`, 400, "n must be 0 to 1000000"},
		"fail at length":  {"fail", `{"count":1,"status":500,"error":"` + strings.Repeat("x", 129) + `"}`, 400, "the code at most 128 bytes"},
		"latency":         {"latency", `{"latency":"6s"}`, 400, "must be 0 to 5s"},
		"no latency":      {"latency", `{}`, 400, "give"},
		"throttle":        {"throttle", `{"requests_per_second":-1}`, 400, "must be 0 to 10000"},
		"no throttle":     {"throttle", `{}`, 400, "give"},
		"rotate what":     {"rotate-keys", `{}`, 400, "unknown pool"},
		"expire what":     {"expire-now", `{"id":"x"}`, 400, "unknown client"},
		"no lifetime":     {"token-lifetime", `{"id":"x"}`, 400, "give"},
		"lifetime, short": {"token-lifetime", `{"id":"x","lifetime":"1ms"}`, 400, "must be whole seconds"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := turn(t, web.URL, test.knob, test.body)
			var refused struct{ Error string }
			if err := json.Unmarshal([]byte(got.body), &refused); err != nil {
				t.Fatalf("%d %s: %v", got.status, got.body, err)
			}
			if got.status != test.status || !strings.Contains(refused.Error, test.want) {
				t.Errorf("%d %s, want %d and %q", got.status, refused.Error, test.status, test.want)
			}
		})
	}
	form, err := http.Post(web.URL+knobPath+"reset", "application/x-www-form-urlencoded", strings.NewReader(""))
	if err != nil {
		t.Fatal(err)
	}
	form.Body.Close()
	if form.StatusCode != http.StatusUnsupportedMediaType {
		t.Errorf("a form: %d", form.StatusCode)
	}
}
