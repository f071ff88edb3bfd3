package image

// gatewayPort is where the gateway listens in a container.
const gatewayPort = 8443

// Gateway is the gateway's image, of its builds, one for each architecture.
func Gateway(programs ...string) Spec {
	return Spec{
		Name: "gateway", Programs: programs, Ports: []int{gatewayPort}, Labels: map[string]string{"org.opencontainers.image.title": "spillway-gateway"},
	}
}
