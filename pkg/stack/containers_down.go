package stack

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spillway/spillway/pkg/stack/docker"
)

// Down ends the stack: no container, network or volume is left. It is no error if none runs. Credentials, images and the logs
// of the deployment are kept.
func (c *Containers) Down(ctx context.Context) error {
	if err := c.down(ctx); err != nil {
		return fmt.Errorf("down: %w", err)
	}
	return nil
}

func (c *Containers) down(ctx context.Context) error {
	release, err := c.s.exclusive(ctx)
	if err != nil {
		return err
	}
	defer release()
	if !c.s.mayRunInContainers() {
		c.s.removeRuntimeFiles()
		c.s.say("Spillway is not running in containers.")
		return nil
	}
	compose, err := c.compose(ctx)
	if err != nil {
		return err
	}
	if err := c.remove(ctx, compose); err != nil {
		return err
	}
	c.s.say("Spillway is down.")
	if kept := c.s.kept(); len(kept) > 0 {
		c.s.say("Kept: %s.", strings.Join(kept, ", "))
	}
	return nil
}

// remove removes all that the project has in Docker, and then what tells of it.
func (c *Containers) remove(ctx context.Context, compose docker.Compose) error {
	if err := compose.Run(ctx, nil, "down", "--volumes", "--remove-orphans"); err != nil {
		return err
	}
	c.s.removeRuntimeFiles()
	return os.Remove(c.s.path(composeEnvFile))
}
