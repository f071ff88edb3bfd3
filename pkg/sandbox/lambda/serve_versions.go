package lambda

import "net/http"

func (s *Service) servePublishVersion(r *http.Request) (int, any, error) {
	in := PublishVersionInput{FunctionName: r.PathValue("name")}
	if err := decode(r, &in); err != nil {
		return 0, nil, err
	}
	out, err := s.PublishVersion(r.Context(), in)
	return http.StatusCreated, out, err
}

func (s *Service) serveListVersions(r *http.Request) (int, any, error) {
	n, err := number(r, "MaxItems")
	if err != nil {
		return 0, nil, err
	}
	out, err := s.ListVersionsByFunction(r.Context(), r.PathValue("name"), r.URL.Query().Get("Marker"), n)
	return http.StatusOK, out, err
}

func (s *Service) serveCreateAlias(r *http.Request) (int, any, error) {
	in := CreateAliasInput{FunctionName: r.PathValue("name")}
	if err := decode(r, &in); err != nil {
		return 0, nil, err
	}
	out, err := s.CreateAlias(r.Context(), in)
	return http.StatusCreated, out, err
}

func (s *Service) serveUpdateAlias(r *http.Request) (int, any, error) {
	in := UpdateAliasInput{FunctionName: r.PathValue("name"), Name: r.PathValue("alias")}
	if err := decode(r, &in); err != nil {
		return 0, nil, err
	}
	out, err := s.UpdateAlias(r.Context(), in)
	return http.StatusOK, out, err
}

func (s *Service) serveGetAlias(r *http.Request) (int, any, error) {
	out, err := s.GetAlias(r.Context(), r.PathValue("name"), r.PathValue("alias"))
	return http.StatusOK, out, err
}

func (s *Service) serveDeleteAlias(r *http.Request) (int, any, error) {
	return http.StatusNoContent, nil, s.DeleteAlias(r.Context(), r.PathValue("name"), r.PathValue("alias"))
}

func (s *Service) serveListAliases(r *http.Request) (int, any, error) {
	n, err := number(r, "MaxItems")
	if err != nil {
		return 0, nil, err
	}
	q := r.URL.Query()
	out, err := s.ListAliases(r.Context(), r.PathValue("name"), q.Get("FunctionVersion"), q.Get("Marker"), n)
	return http.StatusOK, out, err
}

func (s *Service) serveAddPermission(r *http.Request) (int, any, error) {
	in := AddPermissionInput{FunctionName: named(r)}
	if err := decode(r, &in, "InvokedViaFunctionUrl"); err != nil {
		return 0, nil, err
	}
	out, err := s.AddPermission(r.Context(), in)
	return http.StatusCreated, struct{ Statement string }{out}, err
}

func (s *Service) serveRemovePermission(r *http.Request) (int, any, error) {
	return http.StatusNoContent, nil, s.RemovePermission(r.Context(), named(r), r.PathValue("statement"), r.URL.Query().Get("RevisionId"))
}

func (s *Service) serveGetPolicy(r *http.Request) (int, any, error) {
	out, err := s.GetPolicy(r.Context(), named(r))
	return http.StatusOK, out, err
}

func (s *Service) serveAccountSettings(r *http.Request) (int, any, error) {
	out, err := s.GetAccountSettings(r.Context())
	return http.StatusOK, out, err
}

func (s *Service) servePutEventInvoke(r *http.Request) (int, any, error) {
	in := EventInvokeInput{FunctionName: named(r)}
	if err := decode(r, &in); err != nil {
		return 0, nil, err
	}
	out, err := s.PutFunctionEventInvokeConfig(r.Context(), in)
	return http.StatusOK, out, err
}

func (s *Service) serveUpdateEventInvoke(r *http.Request) (int, any, error) {
	in := EventInvokeInput{FunctionName: named(r)}
	if err := decode(r, &in); err != nil {
		return 0, nil, err
	}
	out, err := s.UpdateFunctionEventInvokeConfig(r.Context(), in)
	return http.StatusOK, out, err
}

func (s *Service) serveGetEventInvoke(r *http.Request) (int, any, error) {
	out, err := s.GetFunctionEventInvokeConfig(r.Context(), named(r))
	return http.StatusOK, out, err
}

func (s *Service) serveDeleteEventInvoke(r *http.Request) (int, any, error) {
	return http.StatusNoContent, nil, s.DeleteFunctionEventInvokeConfig(r.Context(), named(r))
}

func (s *Service) serveListEventInvoke(r *http.Request) (int, any, error) {
	n, err := number(r, "MaxItems")
	if err != nil {
		return 0, nil, err
	}
	out, err := s.ListFunctionEventInvokeConfigs(r.Context(), r.PathValue("name"), r.URL.Query().Get("Marker"), n)
	return http.StatusOK, out, err
}
