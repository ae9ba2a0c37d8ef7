package dev.nantian.gateway.control.policy;

import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Version;

/** A filter that routes of its namespace refer to by {@code ExtensionRef}. */
@Group("gateway.nantian.dev")
@Version("v1alpha1")
@Kind("HTTPFilter")
@Plural("httpfilters")
public final class HTTPFilter extends CustomResource<HTTPFilterSpec, HTTPFilterStatus>
    implements Namespaced {
  private static final long serialVersionUID = 1;
}
