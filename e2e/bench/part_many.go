package main

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// clusterNodes are the masters of the cluster, clusterSlots is what they share.
	clusterNodes, clusterSlots = 3, 16384
	// clusterTimeout bounds the wait until all know each other.
	clusterTimeout = 30 * time.Second
)

// gateways is one log with more and more gateways, among which subscribers are spread.
func gateways(ctx context.Context, b *bench) error {
	c := curve{Name: "gateways", Unit: "deliveries/s in all"}
	for _, count := range []int{1, 2, 4} {
		f, err := b.many(ctx, count, nil)
		if err != nil {
			return fmt.Errorf("%d gateways: %w", count, err)
		}
		b.report.say("gateways %d: %.0f deliveries/s, %.2f us CPU each", count, f.rate(), f.cpu())
		b.report.measured("gateways", fmt.Sprint(count), []figures{f})
		c.Points = append(c.Points, point{float64(count), f.rate()})
	}
	b.report.curve(c)
	b.report.figure("gateways_2_vs_1", ratio(c.Points[1].Y, c.Points[0].Y))
	b.report.figure("gateways_4_vs_1", ratio(c.Points[2].Y, c.Points[0].Y))
	return nil
}

// cluster is two gateways with one Redis, and with a cluster of three.
func cluster(ctx context.Context, b *bench) error {
	one, err := b.many(ctx, 2, nil)
	if err != nil {
		return err
	}
	three, err := b.many(ctx, 2, formCluster)
	if err != nil {
		return err
	}
	for _, c := range []struct {
		who string
		f   figures
	}{{"one Redis", one}, {"cluster of 3", three}} {
		b.report.say("cluster, %s: %.0f deliveries/s, %.2f us CPU each", c.who, c.f.rate(), c.f.cpu())
		b.report.measured("cluster", c.who, []figures{c.f})
	}
	b.report.figure("cluster_vs_one_redis", ratio(three.rate(), one.rate()))
	return nil
}

// many measures as many deliveries as go through so many gateways.
func (b *bench) many(ctx context.Context, count int, prepare func(context.Context, *scene) error) (f figures, err error) {
	return b.spread(ctx, count, prepare, pace{InFlight: b.InFlight, Batch: floodBatch})
}

// spread measures what goes through so many gateways at a pace.
func (b *bench) spread(ctx context.Context, count int, prepare func(context.Context, *scene) error, p pace, variables ...string) (f figures, err error) {
	s, err := b.newScene(ctx)
	if err != nil {
		return f, err
	}
	defer func() { err = s.close(ctx, err) }()
	if prepare != nil {
		if err := prepare(ctx, s); err != nil {
			return f, err
		}
	}
	for range count {
		if err := s.startOurs(ctx, append(variables, "SPILLWAY_REDIS_URL="+s.RedisURL)...); err != nil {
			return f, err
		}
	}
	if err := s.startFeed(fanoutTopics); err != nil {
		return f, err
	}
	if s.load, err = s.subscribe(ctx, b.Subscribers, func(c *loadConfig) { c.Progress = s.socket }); err != nil {
		return f, err
	}
	if err := s.feed.ask(ctx, "start", p, nil); err != nil {
		return f, err
	}
	return s.measure(ctx, b.Warm, b.Window)
}

// formCluster starts the nodes of a cluster and has the scene use it.
func formCluster(ctx context.Context, s *scene) error {
	s.redis = nil
	var addrs []string
	for i := range clusterNodes {
		p, addr, err := s.StartRedis(ctx, fmt.Sprintf("redis-%d", i+1), "--cluster-enabled", "yes", "--cluster-config-file", fmt.Sprintf("nodes-%d.conf", i+1))
		if err != nil {
			return err
		}
		s.redis, addrs = append(s.redis, p), append(addrs, addr)
	}
	for i, addr := range addrs {
		if err := joinCluster(ctx, addr, addrs[0], i); err != nil {
			return fmt.Errorf("redis cluster: %w", err)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, clusterTimeout)
	defer cancel()
	for _, addr := range addrs {
		if err := awaitCluster(ctx, addr); err != nil {
			return fmt.Errorf("redis cluster: %w", err)
		}
	}
	s.RedisURL = "redis://" + addrs[0] + "?cluster=true"
	return nil
}

// joinCluster gives a node its share of the slots and has it meet the first one.
func joinCluster(ctx context.Context, addr, first string, number int) error {
	rdb := redis.NewClient(&redis.Options{Addr: addr})
	defer rdb.Close()
	from, to := number*clusterSlots/clusterNodes, (number+1)*clusterSlots/clusterNodes-1
	if err := rdb.ClusterAddSlotsRange(ctx, from, to).Err(); err != nil || addr == first {
		return err
	}
	host, port, err := net.SplitHostPort(first)
	if err != nil {
		return err
	}
	return rdb.ClusterMeet(ctx, host, port).Err()
}

func awaitCluster(ctx context.Context, addr string) error {
	rdb := redis.NewClient(&redis.Options{Addr: addr})
	defer rdb.Close()
	for {
		info, err := rdb.ClusterInfo(ctx).Result()
		if err == nil && strings.Contains(info, "cluster_state:ok") && strings.Contains(info, fmt.Sprintf("cluster_known_nodes:%d", clusterNodes)) {
			return nil
		}
		if err := sleep(ctx, 50*time.Millisecond); err != nil {
			return fmt.Errorf("%s: %w", addr, err)
		}
	}
}
