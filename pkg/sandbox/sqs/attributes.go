package sqs

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"
)

// The attributes that can be set and have an effect.
const (
	attrDelay      = "DelaySeconds"
	attrSize       = "MaximumMessageSize"
	attrRetention  = "MessageRetentionPeriod"
	attrWait       = "ReceiveMessageWaitTimeSeconds"
	attrVisibility = "VisibilityTimeout"
)

// numeric is an attribute that is a number: its bounds and its default.
type numeric struct{ low, high, standard int }

// numericOf tells the attributes that are numbers; the API reference of CreateQueue gives bounds and defaults.
func numericOf(name string) (numeric, bool) {
	switch name {
	case attrDelay:
		return numeric{0, int(maxDelay / time.Second), 0}, true
	case attrSize:
		return numeric{1024, MaxMessageBytes, MaxMessageBytes}, true
	case attrRetention:
		return numeric{60, 1209600, 345600}, true
	case attrWait:
		return numeric{0, int(maxWait / time.Second), 0}, true
	case attrVisibility:
		return numeric{0, int(maxVisibility / time.Second), 30}, true
	}
	return numeric{}, false
}

// isInert tells the attributes that are kept and shown without effect.
func isInert(name string) bool {
	return slices.Contains([]string{"Policy", "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled"}, name)
}

// maxInertAttribute bounds an attribute without effect, as a policy: what the API says of one, with room.
const maxInertAttribute = 20 << 10

// checkAttributes refuses what SQS would, and what is not emulated by its name.
func checkAttributes(attributes map[string]string) *Error {
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		value := attributes[name]
		bounds, ok := numericOf(name)
		switch {
		case ok:
			n, err := strconv.Atoi(value)
			if err != nil || n < bounds.low || n > bounds.high {
				return errorf(CodeInvalidAttribute, "Invalid value for the parameter %s.", name)
			}
		case isInert(name):
			if len(value) > maxInertAttribute || name == "Policy" && value != "" && !json.Valid([]byte(value)) {
				return errorf(CodeInvalidAttribute, "Invalid value for the parameter %s.", name)
			}
		case slices.Contains([]string{"RedrivePolicy", "RedriveAllowPolicy", "FifoQueue", "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit"}, name):
			return errorf(CodeUnsupported, "Attribute %s is not supported by the sandbox.", name)
		default:
			return errorf(CodeInvalidAttributeName, "Unknown Attribute %s.", name)
		}
	}
	return nil
}

// number is an attribute of the queue that is a number.
func (q *queue) number(name string) int {
	bounds, _ := numericOf(name)
	n, err := strconv.Atoi(q.attributes[name])
	if err != nil { // it was not set; checkAttributes saw to the rest
		return bounds.standard
	}
	return n
}

func (q *queue) duration(name string) time.Duration {
	return time.Duration(q.number(name)) * time.Second
}
