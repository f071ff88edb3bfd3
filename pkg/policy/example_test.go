package policy_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spillway/spillway/pkg/policy"
	"github.com/spillway/spillway/pkg/topic"
)

func Example() {
	dir, err := os.MkdirTemp("", "policy")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "policy.yaml")
	text := `
deny: [former-customer]
filters:
  - clients: [news-channel]
    pattern: weather.us.>
    filter: data.temperature_f > 90
`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		fmt.Println(err)
		return
	}

	check := func([]string) error { return nil } // a program would compile the filters
	file, err := policy.NewFile(path, check, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	// go file.Run(ctx) keeps file.Policy true while the file changes.

	grant, err := topic.Parse("weather.us.>")
	if err != nil {
		fmt.Println(err)
		return
	}
	now := file.Policy()
	fmt.Println(now.Check("former-customer"))
	fmt.Println(now.Check("news-channel"), now.Filters("news-channel", grant))
	// Output:
	// client "former-customer" is locked out by the operator of this service
	// <nil> [data.temperature_f > 90]
}
