package dev.nantian.gateway.control.policy;

import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.PolicyStatus;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Version;

/** How the endpoints of Services are used: balancing, sessions, health, limits. */
@Group("gateway.networking.k8s.io")
@Version("v1alpha2")
@Kind("BackendLBPolicy")
@Plural("backendlbpolicies")
public final class BackendLBPolicy extends CustomResource<BackendLBPolicySpec, PolicyStatus>
    implements Namespaced {
  private static final long serialVersionUID = 1;
}
