package main

import (
	"strings"

	api "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	"github.com/projectcalico/api/pkg/lib/numorstring"
	networking "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	sigsjson "sigs.k8s.io/json"

	"github.com/projectcalico/calico/libcalico-go/lib/backend/k8s/conversion"
	"github.com/projectcalico/calico/libcalico-go/lib/backend/model"
	"github.com/projectcalico/calico/libcalico-go/lib/backend/syncersv1/updateprocessors"
	"github.com/projectcalico/calico/libcalico-go/lib/errors"
	cnet "github.com/projectcalico/calico/libcalico-go/lib/net"
	"github.com/projectcalico/calico/libcalico-go/lib/selector"
	validator "github.com/projectcalico/calico/libcalico-go/lib/validator/v1"
)

// convertPolicy does with a stored policy what happens on its way to Felix: it is converted, and Felix's filter drops
// it where the result is not valid. No validator of the API has seen it.
func convertPolicy(text []byte, labels []map[string]string) map[string]any {
	var kind metav1.TypeMeta
	if err := sigsjson.UnmarshalCaseSensitivePreserveInts(text, &kind); err != nil {
		return map[string]any{"undecodable": err.Error()}
	}
	var converted any
	var err error
	if kind.APIVersion == networking.SchemeGroupVersion.String() {
		policy := &networking.NetworkPolicy{}
		if err := sigsjson.UnmarshalCaseSensitivePreserveInts(text, policy); err != nil {
			return map[string]any{"undecodable": err.Error()}
		}
		pair, _ := conversion.NewConverter().K8sNetworkPolicyToCalico(policy) // what it cannot convert it leaves out
		converted, err = updateprocessors.ConvertNetworkPolicyV3ToV1Value(pair.Value)
	} else if kind.Kind == api.KindNetworkPolicy {
		policy := &api.NetworkPolicy{}
		if err := sigsjson.UnmarshalCaseSensitivePreserveInts(text, policy); err != nil {
			return map[string]any{"undecodable": err.Error()}
		}
		converted, err = updateprocessors.ConvertNetworkPolicyV3ToV1Value(policy)
	} else {
		policy := &api.GlobalNetworkPolicy{}
		if err := sigsjson.UnmarshalCaseSensitivePreserveInts(text, policy); err != nil {
			return map[string]any{"undecodable": err.Error()}
		}
		converted, err = updateprocessors.ConvertGlobalNetworkPolicyV3ToV1Value(policy)
	}
	if err != nil {
		return map[string]any{"broken": err.Error()}
	}
	policy := converted.(*model.Policy)
	if err := validator.Validate(*policy); err != nil {
		fields := []string{}
		if wrong, ok := err.(errors.ErrorValidation); ok {
			for _, field := range wrong.ErroredFields {
				fields = append(fields, field.Name)
			}
		}
		return map[string]any{"refused": fields}
	}
	return map[string]any{
		"selector": values(policy.Selector, labels),
		"ingress":  convertedRules(policy.InboundRules, labels),
		"egress":   convertedRules(policy.OutboundRules, labels),
	}
}

func convertedRules(rules []model.Rule, labels []map[string]string) []any {
	found := []any{}
	for _, rule := range rules {
		source := side(rule.SrcSelector, rule.NotSrcSelector, labels)
		source["nets"], source["notNets"] = nets(rule.SrcNets), nets(rule.NotSrcNets)
		source["ports"], source["notPorts"] = ports(rule.SrcPorts), ports(rule.NotSrcPorts)
		destination := side(rule.DstSelector, rule.NotDstSelector, labels)
		destination["nets"], destination["notNets"] = nets(rule.DstNets), nets(rule.NotDstNets)
		destination["ports"], destination["notPorts"] = ports(rule.DstPorts), ports(rule.NotDstPorts)
		found = append(found, map[string]any{
			"action":      rule.Action,
			"ipVersion":   rule.IPVersion,
			"protocol":    number(rule.Protocol),
			"byName":      rule.Protocol != nil && rule.Protocol.Type == numorstring.NumOrStringString,
			"notProtocol": number(rule.NotProtocol),
			"source":      source,
			"destination": destination,
		})
	}
	return found
}

// nets leaves out what could not be read, as Felix does.
func nets(items []*cnet.IPNet) []string {
	found := []string{}
	for _, item := range items {
		if item != nil {
			found = append(found, item.String())
		}
	}
	return found
}

func ports(items []numorstring.Port) []string {
	found := []string{}
	for _, item := range items {
		found = append(found, item.String())
	}
	return found
}

// number is that of a protocol as Felix renders it, null where there is none.
func number(protocol *numorstring.Protocol) any {
	if protocol == nil {
		return nil
	}
	if value, err := protocol.NumValue(); err == nil {
		return value
	}
	return map[string]int{"tcp": 6, "udp": 17, "icmp": 1, "icmpv6": 58, "sctp": 132, "udplite": 136}[strings.ToLower(protocol.StrVal)]
}

// side gives the truth of both selectors of a side, null for one that is not there.
func side(positive, negative string, labels []map[string]string) map[string]any {
	found := map[string]any{"positive": nil, "negative": nil}
	if positive != "" {
		found["positive"] = values(positive, labels)
	}
	if negative != "" {
		found["negative"] = values(negative, labels)
	}
	return found
}

func values(text string, labels []map[string]string) []bool {
	parsed, err := selector.Parse(text)
	if err != nil {
		panic(err)
	}
	return truth(parsed, labels)
}
