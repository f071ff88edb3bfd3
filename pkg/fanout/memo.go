package fanout

// memoTopics bounds a memo: more topics than a page has, mostly.
const memoTopics = 256

// memo remembers, by topic, what events have to pass in one scope: history has few topics
// beside each other, and matching costs as much as all else that is done with an event.
// It belongs to one goroutine.
type memo map[string]answer

// answer is what scope.gate has answered.
type answer struct {
	gate gate
	ok   bool
}

// gate is s.gate of a topic. The memo must not have been used with another scope.
func (m memo) gate(s *scope, topic []byte) (g gate, ok bool) {
	if a, ok := m[string(topic)]; ok {
		return a.gate, a.ok
	}
	name := string(topic)
	g, ok = s.gate(name)
	if len(m) < memoTopics {
		m[name] = answer{g, ok}
	}
	return g, ok
}

// tidy makes room for other topics, if there is none.
func (m memo) tidy() {
	if len(m) == memoTopics {
		clear(m)
	}
}
