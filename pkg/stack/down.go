package stack

import (
	"context"
	"fmt"
	"os"
	"strings"
)

// Down ends the stack: no process and no open port is left. It is no error if none runs. Credentials, programs and
// logs are kept.
func (s *Stack) Down(ctx context.Context) error {
	if err := s.down(ctx); err != nil {
		return fmt.Errorf("down: %w", err)
	}
	return nil
}

func (s *Stack) down(ctx context.Context) error {
	release, err := s.exclusive(ctx)
	if err != nil {
		return err
	}
	defer release()
	pid, alive, err := s.running()
	if err != nil {
		return err
	}
	if !alive {
		s.removeRuntimeFiles()
		s.say("Spillway is not running.")
		return nil
	}
	if err := s.end(ctx, pid, s.o.StopGrace); err != nil {
		return err
	}
	s.removeRuntimeFiles()
	s.say("Spillway is down.")
	if kept := s.kept(); len(kept) > 0 {
		s.say("Kept: %s.", strings.Join(kept, ", "))
	}
	return nil
}

// removeRuntimeFiles removes what is only true of a running stack. What cannot be removed is written anew by the next
// Up, or makes it fail.
func (s *Stack) removeRuntimeFiles() {
	for _, name := range []string{pidFile, recordFile, propertiesFile, customersDir, poolsFile, servicesFile, tasksFile, deployFile} {
		_ = os.RemoveAll(s.path(name))
	}
}

// kept are the files that outlive a stack, as far as there are any.
func (s *Stack) kept() []string {
	var kept []string
	for _, f := range []struct{ name, what string }{
		{credentialsFile, "credentials"}, {cognitoFile, "credentials"}, {cursorKeyFile, "cursor key"}, {tlsDir, "certificates"}, {policyFile, "operator's policy"},
		{binDir, "programs"}, {logDir, "logs until the next up"},
	} {
		if _, err := os.Stat(s.path(f.name)); err == nil {
			kept = append(kept, fmt.Sprintf("%s (%s)", s.shown(s.path(f.name)), f.what))
		}
	}
	return kept
}
