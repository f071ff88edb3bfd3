package ingest_test

import (
	"fmt"

	"github.com/spillway/spillway/pkg/ingest"
)

func ExampleRoute_Topic() {
	route, err := ingest.ParseRoute("weather.us.{state}")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, data := range []string{`{"state":"ny"}`, `{"state":"ny.city"}`, `{"city":"Albany"}`, `ny`} {
		name, problem := route.Topic(ingest.Record{PartitionKey: "KNYC", Data: []byte(data)})
		fmt.Printf("%q: %q\n", name, problem)
	}
	// Output:
	// "weather.us.ny": ""
	// "": "{state} holds a dot"
	// "": "{state} is missing"
	// "": "data is not JSON"
}

func ExampleParseRoute() {
	_, err := ingest.ParseRoute("weather.us.{state")
	fmt.Println(err)
	// Output: route: column 12: { is not closed
}
