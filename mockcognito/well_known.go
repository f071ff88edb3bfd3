package mockcognito

import (
	"log/slog"
	"net/http"
	"strings"
)

// keySet is jwks.json.
type keySet struct {
	Keys []jsonWebKey `json:"keys"`
}

// discovery is openid-configuration with Cognito's members in Cognito's order.
type discovery struct {
	AuthorizationEndpoint string   `json:"authorization_endpoint"`
	EndSessionEndpoint    string   `json:"end_session_endpoint"`
	IDTokenSigningAlgs    []string `json:"id_token_signing_alg_values_supported"`
	Issuer                string   `json:"issuer"`
	JwksURI               string   `json:"jwks_uri"`
	ResponseTypes         []string `json:"response_types_supported"`
	RevocationEndpoint    string   `json:"revocation_endpoint"`
	Scopes                []string `json:"scopes_supported"`
	SubjectTypes          []string `json:"subject_types_supported"`
	TokenEndpoint         string   `json:"token_endpoint"`
	TokenAuthMethods      []string `json:"token_endpoint_auth_methods_supported"`
	UserinfoEndpoint      string   `json:"userinfo_endpoint"`
}

// unknownPool is the answer under the path of a pool that does not exist.
type unknownPool struct {
	Message string `json:"message"`
}

func (s *Server) serveKeySet(w *response, r *http.Request) {
	p := s.directory().pool(r.PathValue("pool"))
	if p == nil {
		s.refusePool(w, r)
		return
	}
	set := keySet{Keys: make([]jsonWebKey, 0, 2*len(p.keys))}
	for _, pair := range p.keys {
		set.Keys = append(set.Keys, pair.id.public(), pair.access.public())
	}
	s.writeJSON(w, http.StatusOK, "application/json", set)
}

func (s *Server) serveDiscovery(w *response, r *http.Request) {
	p := s.directory().pool(r.PathValue("pool"))
	if p == nil {
		s.refusePool(w, r)
		return
	}
	base := s.base(r)
	domain := strings.TrimSuffix(base+"/"+p.domain, "/")
	s.writeJSON(w, http.StatusOK, "application/json", discovery{
		AuthorizationEndpoint: domain + "/oauth2/authorize",
		EndSessionEndpoint:    domain + "/logout",
		IDTokenSigningAlgs:    []string{"RS256"},
		Issuer:                p.issuer(),
		JwksURI:               base + "/" + p.id + "/.well-known/jwks.json",
		ResponseTypes:         []string{"code", "token"},
		RevocationEndpoint:    domain + "/oauth2/revoke",
		Scopes:                []string{"openid", "email", "phone", "profile"},
		SubjectTypes:          []string{"public"},
		TokenEndpoint:         domain + "/oauth2/token",
		TokenAuthMethods:      []string{"client_secret_basic", "client_secret_post"},
		UserinfoEndpoint:      domain + "/oauth2/userInfo",
	})
}

// base is where this server is reached: as configured, else as the request says.
func (s *Server) base(r *http.Request) string {
	switch {
	case s.publicURL != "":
		return s.publicURL
	case r.TLS != nil:
		return "https://" + r.Host
	default:
		return "http://" + r.Host
	}
}

func (s *Server) refusePool(w *response, r *http.Request) {
	w.note(slog.String("error", "unknown pool"))
	message := "User pool " + clip(r.PathValue("pool")) + " does not exist."
	s.writeJSON(w, http.StatusNotFound, "application/json", unknownPool{Message: message})
}
