/**
 * What a Gateway needs in the cluster: a Service of its own before the shared proxies.
 *
 * <p>{@link dev.nantian.gateway.control.kubernetes.infrastructure.ServiceBook} is the plain part:
 * it gives each port of each Gateway a port of its own on the proxies and says what Service
 * follows. The Service is the record of that choice: every replica of the control plane reads it
 * there, and proxies listen only at what it says. {@link
 * dev.nantian.gateway.control.kubernetes.infrastructure.InfrastructureWriter} writes Services and
 * their EndpointSlices while its process leads.
 *
 * <p>Where Gateways have the addresses of hosts, as with Services of type NodePort or proxies on
 * the hosts' network, {@link dev.nantian.gateway.control.kubernetes.infrastructure.HostWatch} tells
 * which those are.
 */
@NullMarked
package dev.nantian.gateway.control.kubernetes.infrastructure;

import org.jspecify.annotations.NullMarked;
