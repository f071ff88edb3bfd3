package lambda

import "net/http"

// refusedMembers are what AWS offers for functions and this package does not.
func refusedMembers() []string {
	return []string{
		"Layers", "FileSystemConfigs", "ImageConfig", "CodeSigningConfigArn", "DeadLetterConfig", "SnapStart",
		"ImageUri", "S3ObjectVersion", "SourceKMSKeyArn",
	}
}

func (s *Service) serveCreateFunction(r *http.Request) (int, any, error) {
	var in struct {
		CreateFunctionInput
		Code struct {
			FunctionCode
			ImageUri, S3ObjectVersion, SourceKMSKeyArn string
		}
	}
	if err := decode(r, &in, refusedMembers()...); err != nil {
		return 0, nil, err
	}
	for name, value := range map[string]string{
		"Code.ImageUri": in.Code.ImageUri, "Code.S3ObjectVersion": in.Code.S3ObjectVersion,
		"Code.SourceKMSKeyArn": in.Code.SourceKMSKeyArn,
	} {
		if value != "" {
			return 0, nil, unsupported(name)
		}
	}
	in.CreateFunctionInput.Code = in.Code.FunctionCode
	out, err := s.CreateFunction(r.Context(), in.CreateFunctionInput)
	return http.StatusCreated, out, err
}

func (s *Service) serveListFunctions(r *http.Request) (int, any, error) {
	n, err := number(r, "MaxItems")
	if err != nil {
		return 0, nil, err
	}
	which := r.URL.Query().Get("FunctionVersion")
	if which != "" && which != "ALL" {
		return 0, nil, constraint("functionVersion", which, "satisfy enum value set: [ALL]")
	}
	out, err := s.ListFunctions(r.Context(), which == "ALL", r.URL.Query().Get("Marker"), n)
	return http.StatusOK, out, err
}

func (s *Service) serveGetFunction(r *http.Request) (int, any, error) {
	out, err := s.GetFunction(r.Context(), named(r))
	return http.StatusOK, out, err
}

func (s *Service) serveGetFunctionConfiguration(r *http.Request) (int, any, error) {
	out, err := s.GetFunctionConfiguration(r.Context(), named(r))
	return http.StatusOK, out, err
}

func (s *Service) serveDeleteFunction(r *http.Request) (int, any, error) {
	return http.StatusNoContent, nil, s.DeleteFunction(r.Context(), named(r))
}

func (s *Service) serveUpdateFunctionCode(r *http.Request) (int, any, error) {
	in := UpdateFunctionCodeInput{FunctionName: r.PathValue("name")}
	if err := decode(r, &in, refusedMembers()...); err != nil {
		return 0, nil, err
	}
	out, err := s.UpdateFunctionCode(r.Context(), in)
	return http.StatusOK, out, err
}

func (s *Service) serveUpdateFunctionConfiguration(r *http.Request) (int, any, error) {
	in := UpdateFunctionConfigurationInput{FunctionName: r.PathValue("name")}
	if err := decode(r, &in, refusedMembers()...); err != nil {
		return 0, nil, err
	}
	out, err := s.UpdateFunctionConfiguration(r.Context(), in)
	return http.StatusOK, out, err
}

func (s *Service) servePutConcurrency(r *http.Request) (int, any, error) {
	var in struct{ ReservedConcurrentExecutions *int }
	if err := decode(r, &in); err != nil {
		return 0, nil, err
	}
	if in.ReservedConcurrentExecutions == nil {
		return 0, nil, constraint("reservedConcurrentExecutions", "null", "not be null")
	}
	out, err := s.PutFunctionConcurrency(r.Context(), r.PathValue("name"), *in.ReservedConcurrentExecutions)
	return http.StatusOK, out, err
}

func (s *Service) serveDeleteConcurrency(r *http.Request) (int, any, error) {
	return http.StatusNoContent, nil, s.DeleteFunctionConcurrency(r.Context(), r.PathValue("name"))
}

func (s *Service) serveGetConcurrency(r *http.Request) (int, any, error) {
	out, err := s.GetFunctionConcurrency(r.Context(), r.PathValue("name"))
	if err == nil && out == nil {
		return http.StatusOK, struct{}{}, nil
	}
	return http.StatusOK, out, err
}

func (s *Service) serveListTags(r *http.Request) (int, any, error) {
	tags, err := s.ListTags(r.Context(), r.PathValue("arn"))
	return http.StatusOK, map[string]any{"Tags": tags}, err
}

func (s *Service) serveTagResource(r *http.Request) (int, any, error) {
	var in struct{ Tags map[string]string }
	if err := decode(r, &in); err != nil {
		return 0, nil, err
	}
	return http.StatusNoContent, nil, s.TagResource(r.Context(), r.PathValue("arn"), in.Tags)
}

func (s *Service) serveUntagResource(r *http.Request) (int, any, error) {
	return http.StatusNoContent, nil, s.UntagResource(r.Context(), r.PathValue("arn"), r.URL.Query()["tagKeys"])
}
