package main

import (
	"context"
	"fmt"

	"github.com/spillway/spillway/pkg/eventlog"
)

// consumers are what is compared in ingest. A single topic soon fills its lane's part of the
// budget that a log has. Entries of many topics are a part as large, and so is their budget.
func consumers() []struct {
	name   string
	config ingestConfig
} {
	return []struct {
		name   string
		config ingestConfig
	}{
		{"ours, 1 topic", ingestConfig{Topics: 1, Budget: eventlog.DefaultBudget}},
		{"ours, 16 topics", ingestConfig{Topics: fanoutTopics, Budget: eventlog.DefaultBudget / fanoutTopics}},
		{plain, ingestConfig{Topics: 1, Sample: true}},
	}
}

// ingestFigures are of one consumer and round, in microseconds of CPU per record.
type ingestFigures struct{ own, redis float64 }

// ingestion is what records cost on their way into Redis, in batches of 100.
func ingestion(ctx context.Context, b *bench) error {
	all := consumers()
	measured := make([][]ingestFigures, len(all))
	for round := range b.Rounds {
		for _, i := range inTurn(len(all), round) {
			f, err := b.ingestOnce(ctx, all[i].config)
			if err != nil {
				return fmt.Errorf("%s: %w", all[i].name, err)
			}
			b.report.say("ingest, round %d, %s: %.2f us CPU per record, Redis %.2f", round+1, all[i].name, f.own, f.redis)
			measured[i] = append(measured[i], f)
		}
	}
	pick := func(i int, figure func(ingestFigures) float64) []float64 {
		var list []float64
		for _, f := range measured[i] {
			list = append(list, figure(f))
		}
		return list
	}
	own := func(f ingestFigures) float64 { return f.own }
	redis := func(f ingestFigures) float64 { return f.redis }
	for i, c := range all {
		b.report.row(row{Part: "ingest", Who: c.name, Values: map[string]float64{
			columnRate: ratio(1e6, median(pick(i, own))), columnCPU: median(pick(i, own)), columnRedis: median(pick(i, redis)),
		}})
	}
	b.report.figure("redis_us_per_record", median(pick(0, redis)))
	b.report.figure("redis_us_per_record_16_topics", median(pick(1, redis)))
	b.report.compare("ingest_vs_sample", pick(2, own), pick(0, own))
	b.report.compare("ingest_16_topics_vs_sample", pick(2, own), pick(1, own))
	return nil
}

// ingestOnce has a consumer run for a window.
func (b *bench) ingestOnce(ctx context.Context, c ingestConfig) (f ingestFigures, err error) {
	s, err := b.newScene(ctx)
	if err != nil {
		return f, err
	}
	defer func() { err = s.close(ctx, err) }()
	c.URL, c.Bytes, c.Batch = s.RedisURL, b.Bytes, feedBatch
	w, err := s.startWorker("ingest", c)
	if err != nil {
		return f, err
	}
	var got ingested
	if err := w.ask(ctx, "run", b.Warm, &got); err != nil {
		return f, err
	}
	before, err := cpuOf(s.redis...)
	if err != nil {
		return f, err
	}
	if err := w.ask(ctx, "run", b.Window, &got); err != nil {
		return f, err
	}
	after, err := cpuOf(s.redis...)
	records := float64(got.Records) / 1e6
	return ingestFigures{ratio(got.CPU, records), ratio(after-before, records)}, err
}
