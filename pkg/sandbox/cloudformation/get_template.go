package cloudformation

import "context"

type getTemplateResult struct {
	TemplateBody    string
	StagesAvailable list[string]
}

func (s *Service) getTemplate(_ context.Context, f form) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	stages := list[string]{[]string{"Original", "Processed"}}
	if name := f.text("ChangeSetName"); name != "" {
		_, cs, err := s.findChangeSet(name, f.text("StackName"))
		if err != nil {
			return nil, err
		}
		return getTemplateResult{cs.template.stage(f), stages}, nil
	}
	name, err := stackReference(f)
	if err != nil {
		return nil, err
	}
	st, ok := s.find(name)
	if !ok || st.template == nil {
		return nil, validationError("Stack with id %s does not exist", clip(name))
	}
	return getTemplateResult{st.template.stage(f), stages}, nil
}

// stage is the template's text as the request wants it.
func (t *template) stage(f form) string {
	if f.text("TemplateStage") == "Processed" {
		return t.processed()
	}
	return t.body
}
