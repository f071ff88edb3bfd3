package eventsource

import (
	"encoding/json"
	"time"
)

// maxStateBytes is the most that the state of a tumbling window may have; a window that passes it is ended early (Lambda
// developer guide, "Implementing stateful Kinesis Data Streams processing in Lambda").
const maxStateBytes = 1 << 20

// Window is a tumbling window that has begun and not ended: a shard's records that arrived from Start until before End,
// and what the function has made of them so far.
type Window struct {
	Start time.Time       `json:"start"`
	End   time.Time       `json:"end"`
	State json.RawMessage `json:"state"`
}

// freshState is the state that a window begins with.
const freshState = "{}"

// windowOf is the window of a length that a record belongs to, by its time of arrival. Windows of a length begin at its
// multiples since 1970.
func windowOf(arrival time.Time, length time.Duration) *Window {
	start := time.UnixMilli(arrival.UnixMilli() - arrival.UnixMilli()%length.Milliseconds()).UTC()
	return &Window{Start: start, End: start.Add(length), State: json.RawMessage(freshState)}
}

// windowFlags say what an invocation within a window is.
type windowFlags struct{ final, early bool }

// windowEvent are the members that the event of a mapping with tumbling windows has besides the records.
type windowEvent struct {
	Window struct {
		Start string `json:"start"`
		End   string `json:"end"`
	} `json:"window"`
	State           json.RawMessage `json:"state"`
	ShardID         string          `json:"shardId"`
	EventSourceARN  string          `json:"eventSourceARN"`
	Final           bool            `json:"isFinalInvokeForWindow"`
	TerminatedEarly bool            `json:"isWindowTerminatedEarly"`
}

// windowLayout is the form of the times of a window.
const windowLayout = "2006-01-02T15:04:05Z"

func (s Settings) windowEvent(shardID string, w *Window, flags windowFlags) *windowEvent {
	out := &windowEvent{
		State: w.State, ShardID: shardID, EventSourceARN: s.SourceARN, Final: flags.final, TerminatedEarly: flags.early,
	}
	out.Window.Start, out.Window.End = w.Start.Format(windowLayout), w.End.Format(windowLayout)
	return out
}

// stateOf reads the state that a function returned. Without the property the invocation counts as failed.
func stateOf(response []byte) (json.RawMessage, bool) {
	var members map[string]json.RawMessage
	if json.Unmarshal(response, &members) != nil {
		return nil, false
	}
	state, there := members["state"]
	if there && string(state) == "null" {
		state = json.RawMessage(freshState)
	}
	return state, there
}
