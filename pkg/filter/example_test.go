package filter_test

import (
	"fmt"

	"github.com/spillway/spillway/pkg/event"
	"github.com/spillway/spillway/pkg/filter"
)

func Example() {
	f, err := filter.Compile(`data.t > 90 && data.station.startsWith("K")`)
	if err != nil {
		fmt.Println(err)
		return
	}
	var e filter.Event
	for _, data := range []string{`{"station":"KNYC","t":91.5}`, `{"station":"KNYC"}`, `warm`} {
		raw, _, err := event.Next(event.Append(nil, &event.Event{Topic: "weather.us.ny", Data: []byte(data)}))
		if err != nil {
			fmt.Println(err)
			return
		}
		e.Reset(raw)
		fmt.Println(f.Match(&e))
	}
	_, err = filter.Compile(`data.t > 90 && tpic == "weather.us.ny"`)
	fmt.Println(err)
	// Output:
	// true
	// false
	// false
	// column 16: undeclared reference to 'tpic' (did you mean 'topic'?)
}
