package gateway

// aside calls f in a goroutine of its own and waits for it. A goroutine's stack grows to
// what its deepest call takes and stays, until a collection of garbage halves it; with
// thousands of idle streams that is most of their memory. What is called once or now and
// then, and goes deep (the verification of a signature, protobuf's reflection, a log line),
// is called aside, so that the two goroutines of a stream that last keep small stacks.
func aside(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	<-done
}
