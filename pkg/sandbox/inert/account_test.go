package inert

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
)

// world makes resources as an engine would.
type world struct {
	*testing.T
	account *Account
}

func newWorld(t *testing.T) world { return world{t, New("us-east-1", "000000000000")} }

type props = map[string]any

func (w world) request(typ string, properties props) cloudformation.Request {
	return cloudformation.Request{Type: typ, LogicalID: "It", StackName: "stack", StackID: "arn:aws:cloudformation:us-east-1:000000000000:stack/stack/1", Properties: properties}
}

func (w world) create(typ string, properties props) (cloudformation.Result, error) {
	return w.account.Provisioners()[typ].Create(w.Context(), w.request(typ, properties))
}

// made makes a resource and returns its id.
func (w world) made(typ string, properties props) string {
	w.Helper()
	r, err := w.create(typ, properties)
	if err != nil {
		w.Fatalf("create %s: %v", typ, err)
	}
	return r.PhysicalID
}

func (w world) delete(typ, id string) error {
	r := w.request(typ, nil)
	r.PhysicalID = id
	return w.account.Provisioners()[typ].Delete(w.Context(), r)
}

// vpc makes a network with an internet gateway.
func (w world) vpc(attached bool) (vpc, subnet, gateway, table string) {
	w.Helper()
	vpc = w.made(typeVPC, props{"CidrBlock": "10.0.0.0/16"})
	subnet = w.made(typeSubnet, props{"VpcId": vpc, "CidrBlock": "10.0.0.0/20"})
	gateway = w.made(typeInternetGateway, nil)
	table = w.made(typeRouteTable, props{"VpcId": vpc})
	if attached {
		w.made(typeAttachment, props{"VpcId": vpc, "InternetGatewayId": gateway})
	}
	return vpc, subnet, gateway, table
}

// TestRefusals: what EC2, IAM and CloudWatch refuse, and with which words.
func TestRefusals(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(w world) error
		want string
	}{
		{"a VPC of a wrong size", func(w world) error { _, err := w.create(typeVPC, props{"CidrBlock": "10.0.0.0/8"}); return err }, "The CIDR '10.0.0.0/8' is invalid."},
		{"a subnet of no VPC", func(w world) error {
			_, err := w.create(typeSubnet, props{"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/20"})
			return err
		}, "The vpc ID 'vpc-1' does not exist"},
		{"a subnet outside", func(w world) error {
			vpc, _, _, _ := w.vpc(true)
			_, err := w.create(typeSubnet, props{"VpcId": vpc, "CidrBlock": "10.1.0.0/20"})
			return err
		}, "The CIDR '10.1.0.0/20' is invalid."},
		{"a subnet over another", func(w world) error {
			vpc, _, _, _ := w.vpc(true)
			_, err := w.create(typeSubnet, props{"VpcId": vpc, "CidrBlock": "10.0.8.0/21"})
			return err
		}, "The CIDR '10.0.8.0/21' conflicts with another subnet"},
		{"a route to what is not attached", func(w world) error {
			_, _, gateway, table := w.vpc(false)
			_, err := w.create("AWS::EC2::Route", props{"RouteTableId": table, "GatewayId": gateway, "DestinationCidrBlock": "0.0.0.0/0"})
			return err
		}, "belong to different networks"},
		{"a route twice", func(w world) error {
			_, _, gateway, table := w.vpc(true)
			route := props{"RouteTableId": table, "GatewayId": gateway, "DestinationCidrBlock": "0.0.0.0/0"}
			w.made("AWS::EC2::Route", route)
			_, err := w.create("AWS::EC2::Route", route)
			return err
		}, "The route identified by 0.0.0.0/0 already exists."},
		{"a NAT gateway without a way out", func(w world) error {
			_, subnet, _, _ := w.vpc(false)
			_, err := w.create(typeNatGateway, props{"SubnetId": subnet})
			return err
		}, "has no Internet gateway attached"},
		{"a NAT gateway with an address of nobody", func(w world) error {
			_, subnet, _, _ := w.vpc(true)
			_, err := w.create(typeNatGateway, props{"SubnetId": subnet, "AllocationId": "eipalloc-1"})
			return err
		}, "The allocation ID 'eipalloc-1' does not exist"},
		{"a rule for no group", func(w world) error {
			_, err := w.create("AWS::EC2::SecurityGroupIngress", props{"GroupId": "sg-1", "IpProtocol": "tcp"})
			return err
		}, "The security group 'sg-1' does not exist"},
		{"a group with a rule for no group", func(w world) error {
			vpc, _, _, _ := w.vpc(true)
			_, err := w.create(typeGroup, props{"VpcId": vpc, "SecurityGroupEgress": []any{props{"DestinationSecurityGroupId": "sg-2"}}})
			return err
		}, "The security group 'sg-2' does not exist"},
		{"the deletion of a VPC in use", func(w world) error {
			vpc, _, _, _ := w.vpc(true)
			return w.delete(typeVPC, vpc)
		}, "has dependencies and cannot be deleted."},
		{"the deletion of a group in use", func(w world) error {
			vpc, _, _, _ := w.vpc(true)
			group := w.made(typeGroup, props{"VpcId": vpc})
			w.made(typeGroup, props{"VpcId": vpc, "SecurityGroupIngress": []any{props{"SourceSecurityGroupId": group}}})
			return w.delete(typeGroup, group)
		}, "has a dependent object"},
		{"the deletion of an address in use", func(w world) error {
			_, subnet, _, _ := w.vpc(true)
			address, err := w.create(typeAddress, nil)
			if err != nil {
				w.Fatal(err)
			}
			w.made(typeNatGateway, props{"SubnetId": subnet, "AllocationId": address.Attributes["AllocationId"]})
			return w.delete(typeAddress, address.PhysicalID)
		}, "has a dependent object"},
		{"the deletion of what is gone", func(w world) error { return w.delete(typeVPC, "vpc-1") }, "does not exist"},
		{"a role twice", func(w world) error {
			w.made(typeRole, props{"RoleName": "r"})
			_, err := w.create(typeRole, props{"RoleName": "r"})
			return err
		}, "already exists."},
		{"an alarm about nothing", func(w world) error { _, err := w.create("AWS::CloudWatch::Alarm", props{}); return err }, "MetricName, Metrics or EvaluationCriteria is required"},
		{"a dashboard that is no JSON", func(w world) error {
			_, err := w.create("AWS::CloudWatch::Dashboard", props{"DashboardBody": "{"})
			return err
		}, "must be a valid JSON object"},
		{"a widget without a type", func(w world) error {
			_, err := w.create("AWS::CloudWatch::Dashboard", props{"DashboardBody": `{"widgets":[{"x":0}]}`})
			return err
		}, `"dataPath":"/widgets/0"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.do(newWorld(t))
			var refused *cloudformation.HandlerError
			if !errors.As(err, &refused) || !strings.Contains(refused.Message, tt.want) {
				t.Errorf("%v: want %s", err, tt.want)
			}
		})
	}
}

// forms are properties and the form of the physical id of each type.
func forms(w world) map[string]struct {
	properties props
	id         string
} {
	vpc, subnet, gateway, table := w.vpc(true)
	group := w.made(typeGroup, props{"VpcId": vpc})
	other := w.made(typeVPC, props{"CidrBlock": "10.2.0.0/16"})
	type form = struct {
		properties props
		id         string
	}
	const hex = `-0[0-9a-f]{16}$`
	return map[string]form{
		typeVPC:                                 {props{"CidrBlock": "10.1.0.0/16"}, "^vpc" + hex},
		typeSubnet:                              {props{"VpcId": vpc, "CidrBlock": "10.0.16.0/20"}, "^subnet" + hex},
		typeRouteTable:                          {props{"VpcId": vpc}, "^rtb" + hex},
		"AWS::EC2::Route":                       {props{"RouteTableId": table, "GatewayId": gateway, "DestinationCidrBlock": "0.0.0.0/0"}, `^rtb-0[0-9a-f]{16}\|0\.0\.0\.0/0$`},
		"AWS::EC2::SubnetRouteTableAssociation": {props{"RouteTableId": table, "SubnetId": subnet}, "^rtbassoc" + hex},
		typeInternetGateway:                     {nil, "^igw" + hex},
		typeAttachment:                          {props{"VpcId": other, "InternetGatewayId": gateway}, `^IGW\|vpc` + hex},
		typeAddress:                             {nil, `^203\.0\.113\.\d{1,3}$`},
		typeNatGateway:                          {props{"SubnetId": subnet}, "^nat" + hex},
		"AWS::EC2::VPCEndpoint":                 {props{"VpcId": vpc, "VpcEndpointType": "Interface", "SubnetIds": []any{subnet}}, "^vpce" + hex},
		typeGroup:                               {props{"VpcId": vpc}, "^sg" + hex},
		"AWS::EC2::SecurityGroupIngress":        {props{"GroupId": group}, "^sgr" + hex},
		"AWS::EC2::SecurityGroupEgress":         {props{"GroupId": group}, "^sgr" + hex},
		typeRole:                                {props{"Path": "/a"}, `^stack-It-[0-9A-Z]{12}$`},
		"AWS::IAM::Policy":                      {nil, `^stack-It-[0-9A-Z]{12}$`},
		"AWS::IAM::ManagedPolicy":               {nil, `^arn:aws:iam::000000000000:policy/stack-It-[0-9A-Z]{12}$`},
		"AWS::CloudWatch::Alarm":                {props{"MetricName": "m"}, `^stack-It-[0-9A-Z]{12}$`},
		"AWS::CloudWatch::Dashboard":            {props{"DashboardBody": "{}"}, `^stack-It-[0-9A-Z]{12}$`},
		"AWS::KMS::Key":                         {nil, `^[0-9a-f-]{36}$`},
		"AWS::CertificateManager::Certificate":  {nil, `^arn:aws:acm:us-east-1:000000000000:certificate/[0-9a-f-]{36}$`},
	}
}

// TestForms: each type has ids of AWS's form, every attribute that its schema lists, and keeps both when it is updated.
func TestForms(t *testing.T) {
	w := newWorld(t)
	known := forms(w)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(w.account.Provisioners())), slices.Sorted(maps.Keys(known))); diff != "" {
		t.Fatalf("types that are not tested (-):\n%s", diff)
	}
	for _, typ := range slices.Sorted(maps.Keys(known)) {
		t.Run(typ, func(t *testing.T) {
			form := known[typ]
			r, err := w.create(typ, form.properties)
			if err != nil {
				t.Fatal(err)
			}
			if !regexp.MustCompile(form.id).MatchString(r.PhysicalID) {
				t.Errorf("id %s: want %s", r.PhysicalID, form.id)
			}
			var missing []string
			for _, name := range readOnly(t, typ) {
				if _, ok := r.Attributes[name]; !ok {
					missing = append(missing, name)
				}
			}
			if missing != nil {
				t.Errorf("no attributes %v", missing)
			}
			again := w.request(typ, form.properties)
			again.PhysicalID = r.PhysicalID
			if u, err := w.account.Provisioners()[typ].Update(t.Context(), again); err != nil || u.PhysicalID != r.PhysicalID || u.Attributes != nil {
				t.Errorf("update: %v, %v", u, err)
			}
			reader := w.account.Provisioners()[typ].(cloudformation.Reader)
			if got, err := reader.Read(t.Context(), again); err != nil || cmp.Diff(form.properties, got) != "" {
				t.Errorf("reads %v, %v", got, err)
			}
			if err := w.delete(typ, r.PhysicalID); err != nil || w.account.Exists(typ, r.PhysicalID) {
				t.Errorf("delete: %v", err)
			}
			var gone *cloudformation.HandlerError
			if _, err := reader.Read(t.Context(), again); !errors.As(err, &gone) || gone.Code != cloudformation.CodeNotFound {
				t.Errorf("what is gone is read: %v", err)
			}
		})
	}
}

// readOnly are the attributes that a provider schema lists.
func readOnly(t *testing.T, typ string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "cloudformation", "schemas", strings.ReplaceAll(typ, "::", "-")+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		ReadOnlyProperties []string `json:"readOnlyProperties"`
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range schema.ReadOnlyProperties {
		names = append(names, strings.TrimPrefix(p, "/properties/"))
	}
	return names
}
