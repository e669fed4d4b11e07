package main

import (
	"fmt"

	api "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	sigsjson "sigs.k8s.io/json"

	"github.com/projectcalico/calico/libcalico-go/lib/errors"
	"github.com/projectcalico/calico/libcalico-go/lib/resources"
	validator "github.com/projectcalico/calico/libcalico-go/lib/validator/v3"
)

// judgeObject reads an object as the aggregated API server does, fills in what Calico's client fills in, and asks the
// validator.
func judgeObject(text []byte) map[string]any {
	var kind metav1.TypeMeta
	if err := sigsjson.UnmarshalCaseSensitivePreserveInts(text, &kind); err != nil {
		return map[string]any{"undecodable": err.Error()}
	}
	object := newObject(kind.Kind)
	if object == nil {
		return map[string]any{"broken": fmt.Sprintf("no kind %q", kind.Kind)}
	}
	if err := sigsjson.UnmarshalCaseSensitivePreserveInts(text, object); err != nil {
		return map[string]any{"undecodable": err.Error()}
	}
	fillIn(object)
	err := validator.Validate(object)
	found := []string{}
	if wrong, ok := err.(errors.ErrorValidation); ok {
		for _, field := range wrong.ErroredFields {
			found = append(found, field.Name)
		}
	} else if err != nil {
		return map[string]any{"broken": err.Error()}
	}
	return map[string]any{"fields": found}
}

func newObject(kind string) any {
	switch kind {
	case api.KindNetworkPolicy:
		return &api.NetworkPolicy{}
	case api.KindGlobalNetworkPolicy:
		return &api.GlobalNetworkPolicy{}
	case api.KindStagedNetworkPolicy:
		return &api.StagedNetworkPolicy{}
	case api.KindStagedGlobalNetworkPolicy:
		return &api.StagedGlobalNetworkPolicy{}
	case api.KindStagedKubernetesNetworkPolicy:
		return &api.StagedKubernetesNetworkPolicy{}
	case api.KindNetworkSet:
		return &api.NetworkSet{}
	case api.KindGlobalNetworkSet:
		return &api.GlobalNetworkSet{}
	case api.KindTier:
		return &api.Tier{}
	case api.KindHostEndpoint:
		return &api.HostEndpoint{}
	case api.KindProfile:
		return &api.Profile{}
	}
	return nil
}

// fillIn does what Calico 3.32's client does before it validates: types by the lengths of the lists, the action of a
// staged policy, the tier and its label, the order and action of a tier. The types that somebody wrote beside a staged
// deletion are left, which the client would take away in silence.
func fillIn(object any) {
	switch o := object.(type) {
	case *api.NetworkPolicy:
		fillInTypes(&o.Spec.Types, o.Spec.Ingress, o.Spec.Egress)
		fillInTier(&o.Spec.Tier, &o.ObjectMeta)
	case *api.GlobalNetworkPolicy:
		fillInTypes(&o.Spec.Types, o.Spec.Ingress, o.Spec.Egress)
		fillInTier(&o.Spec.Tier, &o.ObjectMeta)
	case *api.StagedNetworkPolicy:
		fillInAction(&o.Spec.StagedAction)
		if o.Spec.StagedAction != api.StagedActionDelete {
			fillInTypes(&o.Spec.Types, o.Spec.Ingress, o.Spec.Egress)
		}
		fillInTier(&o.Spec.Tier, &o.ObjectMeta)
	case *api.StagedGlobalNetworkPolicy:
		fillInAction(&o.Spec.StagedAction)
		if o.Spec.StagedAction != api.StagedActionDelete {
			fillInTypes(&o.Spec.Types, o.Spec.Ingress, o.Spec.Egress)
		}
		fillInTier(&o.Spec.Tier, &o.ObjectMeta)
	case *api.StagedKubernetesNetworkPolicy:
		fillInAction(&o.Spec.StagedAction)
	case *api.Tier:
		resources.DefaultTierFields(o)
	}
}

func fillInTypes(types *[]api.PolicyType, ingress, egress []api.Rule) {
	switch {
	case len(*types) != 0:
	case len(egress) == 0:
		*types = []api.PolicyType{api.PolicyTypeIngress}
	case len(ingress) == 0:
		*types = []api.PolicyType{api.PolicyTypeEgress}
	default:
		*types = []api.PolicyType{api.PolicyTypeIngress, api.PolicyTypeEgress}
	}
}

func fillInAction(action *api.StagedAction) {
	if *action == "" {
		*action = api.StagedActionSet
	}
}

func fillInTier(tier *string, meta *metav1.ObjectMeta) {
	if *tier == "" {
		*tier = "default"
	}
	if meta.Labels == nil {
		meta.Labels = map[string]string{}
	}
	meta.Labels[api.LabelTier] = *tier
}
