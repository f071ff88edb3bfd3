//go:build mage

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/magefile/mage/mg"

	"github.com/spillway/spillway/pkg/stack/docker"
	"github.com/spillway/spillway/pkg/stack/images"
)

// imagesDir gets what images are made of.
const imagesDir = ".spillway/images"

// Images are the targets for container images.
type Images mg.Namespace

// Build makes our images and gives them to the Docker engine: spillway/gateway:local and others.
func (Images) Build(ctx context.Context) error {
	engine, err := docker.Find(ctx)
	if err != nil {
		return err
	}
	return buildImages(ctx, engine)
}

// Offline makes everything that STACK=compose needs without a registry: our images, the sandbox in the place of LocalStack,
// and a Redis image from the redis-server that is installed.
func (Images) Offline(ctx context.Context) error {
	engine, err := docker.Find(ctx)
	if err != nil {
		return err
	}
	if err := buildImages(ctx, engine); err != nil {
		return err
	}
	if err := images.BuildRedis(ctx, engine); err != nil {
		return err
	}
	return tellSizes(ctx, engine, images.Redis)
}

// Layouts writes our images as OCI layouts, for amd64 and arm64, to .spillway/images; no engine is needed.
func (Images) Layouts(ctx context.Context) error {
	made, err := images.Build(ctx, images.Options{Root: ".", Dir: imagesDir, Arches: []string{"amd64", "arm64"}, Out: os.Stdout})
	if err != nil {
		return err
	}
	for _, m := range made {
		dir := filepath.Join(imagesDir, m.Name)
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
		if err := m.Image.WriteLayout(dir); err != nil {
			return err
		}
		fmt.Printf("%s  %s\n", m.Image.Digest(), dir)
	}
	return nil
}

func buildImages(ctx context.Context, engine *docker.Engine) error {
	begin := time.Now()
	made, err := images.Build(ctx, images.Options{Root: ".", Dir: imagesDir, Arches: []string{engine.Arch}, Out: os.Stdout})
	if err != nil {
		return err
	}
	built := time.Since(begin)
	if err := images.Load(ctx, engine, made); err != nil {
		return err
	}
	fmt.Printf("Built in %.1f s, loaded in %.1f s.\n", built.Seconds(), (time.Since(begin) - built).Seconds())
	return tellSizes(ctx, engine, images.Names()...)
}

func tellSizes(ctx context.Context, engine *docker.Engine, names ...string) error {
	for _, name := range names {
		size, err := engine.Size(ctx, name)
		if err != nil {
			return err
		}
		fmt.Printf("  %-28s %6.1f MB\n", name, float64(size)/1e6)
	}
	return nil
}
