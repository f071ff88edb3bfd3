package main

import (
	"context"
	"errors"
)

// killGateway kills a gateway and starts it again.
func (c *conductor) killGateway(ctx context.Context, f fault) error {
	g := c.system.Gateways[f.Target]
	if err := g.Kill(); err != nil {
		return err
	}
	return errors.Join(sleep(ctx, f.Hold), g.Start(ctx))
}

// rollGateways drains and replaces one gateway after the other, as a deployment does.
func (c *conductor) rollGateways(ctx context.Context, _ fault) error {
	for i := range c.system.Gateways {
		if err := c.rollGateway(ctx, i); err != nil {
			return err
		}
	}
	return nil
}

func (c *conductor) rollGateway(ctx context.Context, i int) error {
	c.gateways[i].Lock()
	defer c.gateways[i].Unlock()
	g := c.system.Gateways[i]
	return errors.Join(g.Stop(ctx), g.Start(ctx))
}
