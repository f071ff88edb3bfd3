package cloudformation

import "context"

type describeStackEventsResult struct {
	StackEvents list[eventXML]
	NextToken   string `xml:",omitempty"`
}

type eventXML struct {
	StackID              string `xml:"StackId"`
	EventID              string `xml:"EventId"`
	StackName            string
	LogicalResourceID    string `xml:"LogicalResourceId"`
	PhysicalResourceID   string `xml:"PhysicalResourceId"`
	ResourceType         string
	Timestamp            string
	ResourceStatus       string
	ResourceStatusReason string `xml:",omitempty"`
	ResourceProperties   string `xml:",omitempty"`
	ClientRequestToken   string `xml:",omitempty"`
}

func (s *Service) describeStackEvents(_ context.Context, f form) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st, err := s.named(f, "Stack [%s] does not exist")
	if err != nil {
		return nil, err
	}
	part, next, err := newestFirst(st.events, f.text("NextToken"))
	if err != nil {
		return nil, err
	}
	return describeStackEventsResult{listOf(part, func(e event) eventXML {
		return eventXML{
			StackID: st.id, EventID: e.id, StackName: st.name, LogicalResourceID: e.logicalID, PhysicalResourceID: e.physicalID,
			ResourceType: e.typ, Timestamp: stamp(e.at), ResourceStatus: e.status, ResourceStatusReason: e.reason,
			ResourceProperties: e.properties, ClientRequestToken: e.token,
		}
	}), next}, nil
}
