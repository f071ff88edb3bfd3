package lambda

import "net/http"

// refusedMappingMembers are what AWS offers for mappings and this package does not.
func refusedMappingMembers() []string {
	return []string{
		"ScalingConfig", "KMSKeyArn", "ProvisionedPollerConfig",
		"Tags", "Topics", "Queues", "SourceAccessConfigurations", "SelfManagedEventSource", "DocumentDBEventSourceConfig",
		"AmazonManagedKafkaEventSourceConfig", "SelfManagedKafkaEventSourceConfig",
	}
}

// decodeMapping reads a mapping's body into in.
func decodeMapping(r *http.Request, in any) error {
	body, err := readBody(r)
	if err != nil {
		return err
	}
	if err := refuseOdd(body); err != nil {
		return err
	}
	return decodeBody(body, in, refusedMappingMembers()...)
}

// refuseOdd refuses members that need more than to be decoded: destinations of successes, which a stream has not, and a
// time before 1970.
func refuseOdd(body []byte) error {
	var odd struct {
		DestinationConfig struct {
			OnSuccess struct{ Destination string }
		}
		StartingPositionTimestamp float64
	}
	if err := decodeBody(body, &odd); err != nil {
		return err
	}
	if odd.DestinationConfig.OnSuccess.Destination != "" {
		return unsupported("DestinationConfig.OnSuccess")
	}
	if odd.StartingPositionTimestamp < 0 {
		return unreadable("class java.lang.Long can not be converted to a Timestamp")
	}
	return nil
}

func (s *Service) serveCreateMapping(r *http.Request) (int, any, error) {
	var in CreateEventSourceMappingInput
	if err := decodeMapping(r, &in); err != nil {
		return 0, nil, err
	}
	out, err := s.CreateEventSourceMapping(r.Context(), in)
	return http.StatusAccepted, out, err
}

func (s *Service) serveUpdateMapping(r *http.Request) (int, any, error) {
	in := UpdateEventSourceMappingInput{UUID: r.PathValue("uuid")}
	if err := decodeMapping(r, &in); err != nil {
		return 0, nil, err
	}
	out, err := s.UpdateEventSourceMapping(r.Context(), in)
	return http.StatusAccepted, out, err
}

func (s *Service) serveGetMapping(r *http.Request) (int, any, error) {
	out, err := s.GetEventSourceMapping(r.Context(), r.PathValue("uuid"))
	return http.StatusOK, out, err
}

func (s *Service) serveDeleteMapping(r *http.Request) (int, any, error) {
	out, err := s.DeleteEventSourceMapping(r.Context(), r.PathValue("uuid"))
	return http.StatusAccepted, out, err
}

func (s *Service) serveListMappings(r *http.Request) (int, any, error) {
	n, err := number(r, "MaxItems")
	if err != nil {
		return 0, nil, err
	}
	q := r.URL.Query()
	out, err := s.ListEventSourceMappings(r.Context(), ListEventSourceMappingsInput{
		EventSourceArn: q.Get("EventSourceArn"), FunctionName: q.Get("FunctionName"), Marker: q.Get("Marker"), MaxItems: n,
	})
	return http.StatusOK, out, err
}
