package process

// Memory is what a process holds of this machine's memory now, and the most that it ever held, in bytes. Its children are not
// counted. ok is false where that is not known: when it is gone, and on systems but Linux.
func (p *Process) Memory() (resident, peak int64, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.reaped {
		return 0, 0, false // its id may be another's
	}
	return memoryOf(p.Pid())
}
