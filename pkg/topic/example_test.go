package topic_test

import (
	"fmt"

	"github.com/spillway/spillway/pkg/topic"
)

func ExamplePattern() {
	grant, err := topic.Parse("weather.us.>")
	if err != nil {
		fmt.Println(err)
		return
	}
	asked, err := topic.Parse("weather.us.*")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(grant.Covers(asked), asked.Covers(grant))
	fmt.Println(asked.Match("weather.us.ny"), asked.Match("weather.us.ny.queens"))
	// Output:
	// true false
	// true false
}
