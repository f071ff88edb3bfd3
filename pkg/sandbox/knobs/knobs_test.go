package knobs_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/sandbox/knobs"
)

func TestClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := knobs.NewClock(time.Now)
		start, changed := time.Now(), c.Changed()
		if err := c.Shift(time.Hour); err != nil {
			t.Fatal(err)
		}
		<-changed
		time.Sleep(time.Minute)
		if got := c.Now().Sub(start); got != time.Hour+time.Minute {
			t.Errorf("shifted by an hour, a minute later: %s", got)
		}
		if err := c.Set(start.Add(-time.Hour)); err != nil || c.Shifted() != -time.Hour-time.Minute {
			t.Errorf("set: %v, shifted by %s", err, c.Shifted())
		}
		if err := c.Shift(1 << 62); err == nil {
			t.Error("a shift of a century is allowed")
		}
		c.Reset()
		if !c.Now().Equal(time.Now()) {
			t.Error("not reset")
		}
	})
}

func TestFaultsAreTakenInOrder(t *testing.T) {
	t.Parallel()
	var f knobs.Faults
	for _, one := range []knobs.Fault{{Operation: "Put", Count: 2, Status: 500, Code: "A"}, {Count: 1, Drop: knobs.DropAfter}} {
		if err := f.Add(one); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, operation := range []string{"Put", "Get", "Put", "Put", "Get"} {
		one, ok := f.Take(operation)
		if !ok {
			got = append(got, operation+" nothing")
			continue
		}
		got = append(got, operation+" "+one.Code+string(one.Drop))
	}
	if diff := cmp.Diff([]string{"Put A", "Get after", "Put A", "Put nothing", "Get nothing"}, got); diff != "" {
		t.Errorf("taken (-want +got):\n%s", diff)
	}
	for range 100 {
		if err := f.Add(knobs.Fault{Count: 1}); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Add(knobs.Fault{Count: 1}); err == nil {
		t.Error("101 faults are taken")
	}
	if f.Reset(); len(f.Left()) != 0 {
		t.Error("not reset")
	}
}

func TestFaultCheck(t *testing.T) {
	t.Parallel()
	operations := []string{"Put"}
	for name, row := range map[string]struct {
		fault knobs.Fault
		want  string
	}{
		"error":             {knobs.Fault{Operation: "Put", Count: 1, Status: 500, Code: "A"}, ""},
		"delay":             {knobs.Fault{Count: 1, Delay: knobs.Duration(time.Second)}, ""},
		"drop":              {knobs.Fault{Count: 1, Drop: knobs.DropBefore}, ""},
		"unknown operation": {knobs.Fault{Operation: "Got", Count: 1, Status: 500, Code: "A"}, "no operation"},
		"no count":          {knobs.Fault{Status: 500, Code: "A"}, "count"},
		"long delay":        {knobs.Fault{Count: 1, Delay: knobs.Duration(time.Hour)}, "delay"},
		"status 200":        {knobs.Fault{Count: 1, Status: 200, Code: "A"}, "status"},
		"no code":           {knobs.Fault{Count: 1, Status: 500}, "code"},
		"text":              {knobs.Fault{Count: 1, Status: 500, Code: "A", Message: strings.Repeat("x", 1024)}, "bytes"},
		"odd drop":          {knobs.Fault{Count: 1, Drop: "x"}, "drop"},
		"both":              {knobs.Fault{Count: 1, Status: 500, Code: "A", Drop: knobs.DropAfter}, "either"},
		"nothing":           {knobs.Fault{Count: 1}, "give"},
	} {
		if err := row.fault.Check(operations); (err == nil) != (row.want == "") || err != nil && !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want %q", name, err, row.want)
		}
	}
}

func TestPanel(t *testing.T) {
	t.Parallel()
	level := 0
	type request struct {
		To int `json:"to"`
	}
	panel := &knobs.Panel{
		State: func() any { return map[string]int{"level": level} },
		Knobs: map[string]knobs.Knob{"level": knobs.JSON(func(r request) error { level = r.To; return nil })},
	}
	for _, row := range []struct {
		name, method, path, contentType, body string
		status                                int
		want                                  string
	}{
		{"state", "GET", "/", "", "", 200, `{"level":0}`},
		{"turn", "POST", "/level", "application/json; charset=utf-8", `{"to":7}`, 200, `{"level":7}`},
		{"unknown", "POST", "/colour", "application/json", `{}`, 404, "there are level"},
		{"get a knob", "GET", "/level", "", "", 405, "POST"},
		{"form", "POST", "/level", "application/x-www-form-urlencoded", "to=8", 415, "application/json"},
		{"unknown member", "POST", "/level", "application/json", `{"two":7}`, 400, "unknown field"},
		{"tail", "POST", "/level", "application/json", `{"to":8}{}`, 400, "something follows"},
		{"too large", "POST", "/level", "application/json", strings.Repeat(" ", 4097), 400, "larger than 4096"},
		{"no JSON", "POST", "/level", "application/json", "x", 400, "not the JSON object"},
		{"state after", "GET", "/", "", "", 200, `{"level":7}`},
	} {
		r := httptest.NewRequestWithContext(t.Context(), row.method, row.path, strings.NewReader(row.body))
		r.Header.Set("Content-Type", row.contentType)
		w := httptest.NewRecorder()
		panel.ServeHTTP(w, r)
		if w.Code != row.status || !strings.Contains(w.Body.String(), row.want) || w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s: %d %s, want %d %s", row.name, w.Code, w.Body, row.status, row.want)
		}
	}
}
