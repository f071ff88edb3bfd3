package lambda

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// storedFunction is a function as its file keeps it.
type storedFunction struct {
	Latest    storedRevision
	Versions  []storedRevision
	Published int
	Tags      map[string]string
	Reserved  *int
	Aliases   map[string]*Alias
	Policies  map[string]*policy
	Async     map[string]*EventInvokeConfig
}

// storedRevision is a revision; Code is the name of the directory below code that its code was unpacked to.
type storedRevision struct {
	Config FunctionConfiguration
	Code   string
}

func (s *Service) functionsDir() string { return filepath.Join(s.cfg.StateDir, "functions") }

const storedSuffix = ".json"

// save keeps a function as it is now, or forgets it when it is gone; s.changes is held. A file is replaced as a whole or
// not at all; that the disk has it after a crash of the machine is not awaited.
func (s *Service) save(name string) error {
	if !s.cfg.Keep {
		return nil
	}
	path := filepath.Join(s.functionsDir(), name+storedSuffix)
	text, err := s.stored(name)
	switch {
	case err != nil:
	case text == nil:
		if err = os.Remove(path); errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
	default:
		if err = os.WriteFile(path+".new", text, 0o600); err == nil {
			err = os.Rename(path+".new", path)
		}
	}
	if err != nil {
		return fmt.Errorf("keep function %s: %w", name, err)
	}
	return nil
}

// stored is the text of a function's file, nil if there is no such function.
func (s *Service) stored(name string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.functions[name]
	if f == nil {
		return nil, nil
	}
	out := storedFunction{
		Published: f.published, Tags: f.tags, Reserved: f.reserved, Aliases: f.aliases, Policies: f.policies, Async: f.async,
	}
	for i, r := range f.revisions() {
		stored := storedRevision{r.config, filepath.Base(r.taskRoot)}
		if i == 0 {
			out.Latest = stored
			continue
		}
		out.Versions = append(out.Versions, stored)
	}
	return json.Marshal(out)
}

// restore makes the functions that an earlier service has kept, and removes code that none of them has.
func (s *Service) restore() error {
	entries, err := os.ReadDir(s.functionsDir())
	if err != nil {
		return fmt.Errorf("restore functions: %w", err)
	}
	for _, entry := range entries {
		name, isFunction := strings.CutSuffix(entry.Name(), storedSuffix)
		if !isFunction {
			continue
		}
		if err := s.restoreFunction(name); err != nil {
			return fmt.Errorf("restore function %s: %w", name, err)
		}
	}
	return s.sweep()
}

func (s *Service) restoreFunction(name string) error {
	text, err := os.ReadFile(filepath.Join(s.functionsDir(), name+storedSuffix))
	if err != nil {
		return err
	}
	var in storedFunction
	if err := json.Unmarshal(text, &in); err != nil {
		return err
	}
	head, err := s.revive(in.Latest)
	if err != nil {
		return err
	}
	f := newFunction(head, in.Tags)
	f.published, f.reserved = in.Published, in.Reserved
	for _, v := range in.Versions {
		r, err := s.revive(v)
		if err != nil {
			return err
		}
		f.versions[v.Config.Version] = &r
	}
	for qualifier, alias := range in.Aliases {
		f.aliases[qualifier] = alias
	}
	for qualifier, p := range in.Policies {
		f.policies[qualifier] = p
	}
	for qualifier, c := range in.Async {
		f.async[qualifier] = c
	}
	s.functions[name] = f
	return nil
}

// revive makes a revision of what was stored of it.
func (s *Service) revive(in storedRevision) (revision, error) {
	if in.Code == "" || !filepath.IsLocal(in.Code) || in.Config.LoggingConfig == nil {
		return revision{}, errors.New("the file is damaged")
	}
	root := filepath.Join(s.codeDir(), in.Code)
	if _, err := os.Stat(root); err != nil {
		return revision{}, err
	}
	pool, err := s.newPool(in.Config, root)
	if err != nil {
		return revision{}, err
	}
	return revision{config: in.Config, taskRoot: root, pool: pool}, nil
}

// sweep removes code that no function has: its service ended in the middle of something.
func (s *Service) sweep() error {
	entries, err := os.ReadDir(s.codeDir())
	if err != nil {
		return err
	}
	for _, entry := range entries {
		root := filepath.Join(s.codeDir(), strings.TrimSuffix(entry.Name(), archiveOf("")))
		if s.needs(root) {
			continue
		}
		if err := removeCode(root); err != nil {
			return err
		}
	}
	return nil
}
