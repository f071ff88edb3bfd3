package kinesis

import "strings"

func (s *Service) arn(name string) string {
	return "arn:aws:kinesis:" + s.cfg.Region + ":" + s.cfg.AccountID + ":stream/" + name
}

// resolve gives the name of the stream that a request means. The ARN has the
// model's form if it came through the checks; callers in process may err.
func (s *Service) resolve(name, arn string) (string, error) {
	if arn == "" {
		if name == "" {
			return "", fault(CodeInvalidArgument, "Either StreamARN or StreamName should be provided.")
		}
		return name, nil
	}
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || !strings.HasPrefix(parts[5], "stream/") {
		return "", fault(CodeInvalidArgument, "StreamARN %s is not the ARN of a stream.", arn)
	}
	region, account, fromARN := parts[3], parts[4], strings.TrimPrefix(parts[5], "stream/")
	switch {
	case name != "" && name != fromARN:
		return "", fault(CodeInvalidArgument, "StreamName %s and StreamARN %s name different streams.", name, arn)
	case region != s.cfg.Region || account != s.cfg.AccountID:
		return "", s.errStreamNotFoundIn(fromARN, account)
	default:
		return fromARN, nil
	}
}
