package elb

import (
	"net"
	"strconv"
	"testing"
)

// TestAddresses: load balancers do not share ports, and the address of one that is deleted is the next one's.
func TestAddresses(t *testing.T) {
	t.Parallel()
	f := newFarm(t, "TCP")
	_, port, err := net.SplitHostPort(f.address)
	if err != nil {
		t.Fatal(err)
	}
	number := must(strconv.Atoi(port))(t)
	more := func(name string) LoadBalancer {
		t.Helper()
		lb := must(f.CreateLoadBalancer(t.Context(), CreateLoadBalancerInput{Name: name, Type: "network", Subnets: []string{"a"}}))(t)
		return lb.LoadBalancers[0]
	}
	listening := func(lb LoadBalancer) {
		t.Helper()
		group := must(f.CreateTargetGroup(t.Context(), CreateTargetGroupInput{Name: lb.LoadBalancerName, Protocol: "TCP", Port: 7000, VpcId: "vpc-1", TargetType: "ip"}))(t)
		must(f.CreateListener(t.Context(), CreateListenerInput{
			LoadBalancerArn: lb.LoadBalancerArn, Port: number, Protocol: "TCP",
			DefaultActions: []Action{{Type: "forward", TargetGroupArn: group.TargetGroups[0].TargetGroupArn}},
		}))(t)
		if own, err := net.Listen("tcp", net.JoinHostPort(lb.DNSName, port)); err == nil {
			_ = own.Close()
			t.Errorf("nothing listens on port %s of %s", port, lb.DNSName)
		}
	}
	second, third := more("second"), more("third")
	if second.DNSName == DefaultAddress && third.DNSName == DefaultAddress {
		t.Skip("NOT TESTED: this machine has one loopback address, so load balancers share it")
	}
	listening(second)
	listening(third)
	if err := f.DeleteLoadBalancer(t.Context(), DeleteLoadBalancerInput{second.LoadBalancerArn}); err != nil {
		t.Fatal(err)
	}
	fourth := more("fourth")
	if fourth.DNSName != second.DNSName || fourth.DNSName == third.DNSName {
		t.Errorf("addresses: second %s, third %s, fourth after the second was deleted %s", second.DNSName, third.DNSName, fourth.DNSName)
	}
	listening(fourth)
}
