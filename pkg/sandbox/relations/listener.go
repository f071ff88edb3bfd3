package relations

import "github.com/spillway/spillway/pkg/sandbox/cloudformation"

// listeners wants them to have what their protocol needs.
func listeners(t *tree) []cloudformation.Finding {
	var all []cloudformation.Finding
	for _, l := range t.of(typeListener) {
		protocol := text(l.at("Protocol"))
		secure := protocol == "TLS" || protocol == "HTTPS"
		if secure && len(list(l.at("Certificates"))) == 0 {
			all = append(all, l.finding("listener", "Certificates", problem{
				l.path + " has protocol " + protocol + " and no certificate", "it cannot be made: \"A certificate must be specified for TLS listeners\"",
				"name a certificate of ACM in Certificates",
			}))
		}
		if !secure && l.at("AlpnPolicy") != nil {
			all = append(all, l.finding("listener", "AlpnPolicy", problem{
				l.path + " has an ALPN policy and protocol " + protocol, "it cannot be made: ALPN is negotiated in TLS only", "leave AlpnPolicy out",
			}))
		}
		for _, g := range t.forwarded(l) {
			to := text(g.at("Protocol"))
			if (protocol == "TCP" || protocol == "TLS") && to != "TCP" && to != "TLS" && to != "TCP_UDP" {
				all = append(all, l.finding("listener", "DefaultActions", problem{
					l.path + " has protocol " + protocol + " and forwards to " + g.path + " with protocol " + to, "it cannot be made", "make the group's protocol TCP",
				}))
			}
		}
	}
	return all
}
