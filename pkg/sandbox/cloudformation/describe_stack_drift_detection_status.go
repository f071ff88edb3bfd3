package cloudformation

import "context"

type describeDriftDetectionResult struct {
	StackID                   string `xml:"StackId"`
	StackDriftDetectionID     string `xml:"StackDriftDetectionId"`
	StackDriftStatus          string
	DetectionStatus           string
	DetectionStatusReason     string `xml:",omitempty"`
	DriftedStackResourceCount int
	Timestamp                 string
}

func (s *Service) describeStackDriftDetectionStatus(_ context.Context, f form) (any, error) {
	id := f.text("StackDriftDetectionId")
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, st := range s.stacks {
		d := st.drift
		if d == nil || d.id != id {
			continue
		}
		at := d.ended
		if at.IsZero() {
			at = d.began
		}
		return describeDriftDetectionResult{st.id, d.id, d.stackStatus(), d.status, d.reason, d.drifted(), stamp(at)}, nil
	}
	return nil, validationError("Drift detection with id %s does not exist", clip(id))
}
