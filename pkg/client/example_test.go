package client_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	"github.com/spillway/spillway/pkg/client"
)

// Print the weather of New York until something goes wrong for good.
func Example() {
	c, err := client.New(client.Config{
		Endpoint: "events.example.com:443",
		Credentials: client.Credentials{
			ClientID:     os.Getenv("CLIENT_ID"),
			ClientSecret: os.Getenv("CLIENT_SECRET"),
			TokenURL:     "https://auth.example.com/oauth2/token",
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()

	stream := c.Subscribe(client.Subscription{Patterns: []string{"weather.us.ny"}})
	for ev, err := range stream.Events(context.Background()) {
		var gap *client.Gap
		switch {
		case errors.As(err, &gap):
			log.Print(gap) // events are missing here; what follows is complete again
		case err != nil:
			log.Print(err)
			return
		default:
			fmt.Println(ev.Topic, ev.PartitionKey, string(ev.Data))
		}
	}
}

// Keep the position in a file, and go on from it after a restart.
func ExampleStream_Cursor() {
	resume := func(c *client.Client, path string) error {
		text, err := os.ReadFile(path)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		kept, err := client.ParseCursor(string(text))
		if err != nil {
			return err
		}
		stream := c.Subscribe(client.Subscription{Start: client.After(kept)})
		for ev, err := range stream.Events(context.Background()) {
			if err != nil {
				return err
			}
			fmt.Println(ev.ID) // handle the event, then keep the position before it
			if err := os.WriteFile(path, []byte(stream.Cursor().String()), 0o600); err != nil {
				return err
			}
		}
		return nil
	}
	_ = resume
}

// A cursor that was cut short is refused, not mistaken for another position.
func ExampleParseCursor() {
	_, err := client.ParseCursor("c1.CgM")
	fmt.Println(err)
	// Output: cursor is damaged: it holds no position
}
