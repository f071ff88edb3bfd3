package stack

// Program is what a stack keeps running beside the sandbox.
type Program struct {
	Name        string
	Arguments   []string
	Environment map[string]string
	// Ready is the URL that answers 200 once it can be used.
	Ready string
}

// Programs are those of a stack with these ports, in the order of their start. The cursor key, which is made when a stack comes up, is
// left empty in the gateway's environment.
func (s *Stack) Programs(p Ports) []Program {
	var out []Program
	for _, service := range s.services(p, "") {
		out = append(out, Program{service.Name, service.Command[1:], service.Env, service.Ready})
	}
	return out
}
