/**
 * The control plane as a Kubernetes controller.
 *
 * <p>{@link dev.nantian.gateway.control.kubernetes.KubernetesBacking} joins the source with what
 * writes back: statuses, infrastructure, and the Lease that decides who of several replicas writes.
 */
@NullMarked
package dev.nantian.gateway.control.kubernetes;

import org.jspecify.annotations.NullMarked;
