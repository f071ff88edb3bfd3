package elb

import (
	"encoding/binary"
	"net"
	"net/netip"
)

// proxySignature begins a header of version 2 of the PROXY protocol.
const proxySignature = "\r\n\r\n\x00\r\nQUIT\n"

// Of the header: version 2 with command PROXY, and streams over the two kinds of addresses.
const (
	versionAndCommand = 0x21
	streamIPv4        = 0x11
	streamIPv6        = 0x21
)

// proxyHeader tells the target who has connected to what: a header of version 2 of the PROXY protocol.
func proxyHeader(client, listener net.Addr) []byte {
	from, to := addrPort(client), addrPort(listener)
	family, src, dst := byte(streamIPv4), from.Addr().AsSlice(), to.Addr().AsSlice()
	if !from.Addr().Is4() || !to.Addr().Is4() {
		a, b := from.Addr().As16(), to.Addr().As16()
		family, src, dst = streamIPv6, a[:], b[:]
	}
	out := append([]byte(proxySignature), versionAndCommand, family)
	out = binary.BigEndian.AppendUint16(out, uint16(len(src)+len(dst)+4))
	out = append(append(out, src...), dst...)
	out = binary.BigEndian.AppendUint16(out, from.Port())
	return binary.BigEndian.AppendUint16(out, to.Port())
}

func addrPort(a net.Addr) netip.AddrPort {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	ap := tcp.AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}
