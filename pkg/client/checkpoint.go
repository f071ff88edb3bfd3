package client

// Checkpoint is where a subscription stands, to the event: the cursor behind whole
// responses, and the events that were handled beyond it. A stream that starts with
// it shows each event once over all processes, as far as an event's handling and
// the saving of it are one act.
type Checkpoint struct {
	// Cursor is the position to resume from; zero where nothing was subscribed yet.
	Cursor Cursor
	// Handled are the ids of handled events, the oldest first: all since Cursor, and
	// those before that a gateway may still repeat.
	Handled []string
}

// Progress is how a Checkpoint has changed since the last time it was saved.
type Progress struct {
	// Cursor replaces the checkpoint's; zero: it has not changed.
	Cursor Cursor
	// Handled are added to the checkpoint's ids.
	Handled []string
	// Keep is how many ids are needed from now on: the last ones.
	Keep int
}

// Apply makes c what it is after p.
func (c *Checkpoint) Apply(p Progress) {
	if !p.Cursor.IsZero() {
		c.Cursor = p.Cursor
	}
	c.Handled = append(c.Handled, p.Handled...)
	if over := len(c.Handled) - p.Keep; over > 0 {
		c.Handled = c.Handled[over:]
	}
}
