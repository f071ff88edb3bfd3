package client_test

import (
	"context"
	"database/sql"
	"encoding/json"
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

// Have the gateway send only what is of interest.
func ExampleSubscription_filter() {
	heat := func(ctx context.Context, c *client.Client) error {
		stream := c.Subscribe(client.Subscription{Patterns: []string{"weather.us.*"}, Filter: "data.temperature > 35.0"})
		for ev, err := range stream.Events(ctx) {
			if err != nil { // INVALID_ARGUMENT, if the filter breaks a rule; the message names the column
				return err
			}
			fmt.Println(ev.Topic, string(ev.Data))
		}
		return nil
	}
	_ = heat
}

// Read from two gateways with one token.
func ExampleTokenSource() {
	connect := func(c client.Credentials, endpoints ...string) ([]*client.Client, error) {
		tokens, err := client.NewTokenSource(c)
		if err != nil {
			return nil, err
		}
		var clients []*client.Client
		for _, endpoint := range endpoints {
			c, err := client.New(client.Config{Endpoint: endpoint, Tokens: tokens})
			if err != nil {
				return nil, err
			}
			clients = append(clients, c)
		}
		return clients, nil
	}
	_ = connect
}

// Show each event once, over all processes, however they end.
func ExampleFileStore() {
	news := func(ctx context.Context, c *client.Client, path string) error {
		patterns := []string{"weather.us.ny"}
		store, err := client.OpenFileStore(client.FileStoreConfig{Path: path, Patterns: patterns})
		if err != nil {
			return err
		}
		defer store.Close()
		stream := c.Subscribe(client.Subscription{Patterns: patterns, Start: client.Earliest(), Store: store})
		for ev, err := range stream.Events(ctx) {
			if err != nil {
				return err
			}
			fmt.Println(ev.ID) // the effect, and then that it was done: only a kill between the two has it come again
			stream.Handled()
			if err := stream.Save(ctx); err != nil {
				return err
			}
		}
		return nil
	}
	_ = news
}

// readings is a Store in a database: what an event does and that it was handled are
// one transaction.
type readings struct {
	db *sql.DB
	tx *sql.Tx
}

func (r *readings) Load(ctx context.Context) (at client.Checkpoint, err error) {
	var text string
	err = r.db.QueryRowContext(ctx, `SELECT position FROM subscription`).Scan(&text)
	if err == nil {
		err = json.Unmarshal([]byte(text), &at)
	}
	return at, err
}

// Save writes the position beside what add wrote, and commits both.
func (r *readings) Save(ctx context.Context, p client.Progress) error {
	at, err := r.Load(ctx)
	if err != nil {
		return err
	}
	at.Apply(p)
	text, err := json.Marshal(at)
	if err != nil {
		return err
	}
	if err := r.begin(ctx); err != nil {
		return err
	}
	if _, err := r.tx.ExecContext(ctx, `UPDATE subscription SET position = ?`, string(text)); err != nil {
		return err
	}
	err = r.tx.Commit()
	r.tx = nil
	return err
}

func (r *readings) add(ctx context.Context, ev *client.Event) error {
	if err := r.begin(ctx); err != nil {
		return err
	}
	_, err := r.tx.ExecContext(ctx, `INSERT INTO reading VALUES (?, ?)`, ev.PartitionKey, ev.Data)
	if err != nil {
		err = errors.Join(err, r.tx.Rollback())
		r.tx = nil
	}
	return err
}

func (r *readings) begin(ctx context.Context) (err error) {
	if r.tx == nil {
		r.tx, err = r.db.BeginTx(context.WithoutCancel(ctx), nil) // so that what was added is committed when ctx is done
	}
	return err
}

// Keep the position in the database that holds the events' effects.
func ExampleStore() {
	collect := func(ctx context.Context, c *client.Client, r *readings) error {
		stream := c.Subscribe(client.Subscription{Store: r})
		for ev, err := range stream.Events(ctx) {
			if err != nil {
				return err
			}
			if err := r.add(ctx, ev); err != nil {
				return err
			}
			stream.Handled()
			if err := stream.Save(ctx); err != nil {
				return err
			}
		}
		return nil
	}
	_ = collect
}

// Keep the position after whole responses, and go on from it after a restart.
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
