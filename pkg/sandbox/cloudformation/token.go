package cloudformation

// repeated says whether a request's token was given to the same action before: the request is a retry of one that arrived.
func (st *stack) repeated(token, action string) bool {
	return token != "" && st.tokens[token] == action
}

// remember keeps a request's token with its action. Service.mu is held.
func (st *stack) remember(token, action string) {
	if token == "" {
		return
	}
	if st.tokens == nil || len(st.tokens) >= maxTokens {
		st.tokens = map[string]string{}
	}
	st.tokens[token] = action
}
