package lambda

import (
	"context"
	"fmt"
)

// RestoreMappings goes on with the mappings that Config.Mappings has kept, from their checkpoints. It is called once,
// when the streams and the functions are there again; without a store it does nothing.
func (s *Service) RestoreMappings(ctx context.Context) error {
	if s.cfg.Mappings == nil {
		return nil
	}
	kept, err := s.cfg.Mappings.Mappings(ctx)
	if err != nil {
		return fmt.Errorf("restore event source mappings: %w", err)
	}
	s.changes.Lock()
	defer s.changes.Unlock()
	for _, k := range kept {
		if _, err := k.Config.FilterCriteria.parse(); err != nil {
			return fmt.Errorf("restore event source mapping %s: %w", k.Config.UUID, err)
		}
		m := &mapping{config: k.Config, log: s.cfg.Logger, wanted: k.Enabled, marks: k.Checkpoints}
		m.config.State = transitState(false, k.Enabled)
		if err := s.register(func() { s.mappings[k.Config.UUID] = m }); err != nil {
			return err
		}
		s.transition(m)
	}
	return nil
}

// keep saves a mapping's configuration, if there is a store.
func (s *Service) keep(ctx context.Context, c EventSourceMapping, enabled bool) error {
	if s.cfg.Mappings == nil {
		return nil
	}
	if err := s.cfg.Mappings.SaveMapping(ctx, StoredMapping{Config: c, Enabled: enabled}); err != nil {
		return fmt.Errorf("keep event source mapping %s: %w", c.UUID, err)
	}
	return nil
}

// forget removes a mapping that is deleted from the store.
func (s *Service) forget(uuid string) {
	if s.cfg.Mappings == nil {
		return
	}
	if err := s.cfg.Mappings.DeleteMapping(context.Background(), uuid); err != nil {
		s.cfg.Logger.Error("event source mapping not forgotten", "mapping", uuid, "error", err)
	}
}
