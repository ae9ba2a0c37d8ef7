package dev.nantian.gateway.control.kubernetes.leader;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.nantian.gateway.control.kubernetes.api.ApiClient;
import dev.nantian.gateway.control.kubernetes.api.ApiException;
import dev.nantian.gateway.control.kubernetes.api.Backoff;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts the leader behind the Service that proxies connect to. Any replica could serve them, but
 * only one that hears their confirmations can say in a status that they serve something.
 */
public final class LeaderFront {
  private static final Logger LOG = LoggerFactory.getLogger(LeaderFront.class);

  /**
   * Where proxies find the leader.
   *
   * @param service without a selector, in the control plane's namespace; the leader puts itself
   *     behind it
   * @param address of this replica
   * @param port where this replica serves xDS
   */
  public record XdsEndpoint(String service, String address, int port) {}

  private final ApiClient api;
  private final XdsEndpoint xds;
  private final BooleanSupplier leads;

  /**
   * @param leads whether this replica leads for certain; any thread
   */
  public LeaderFront(ApiClient api, XdsEndpoint xds, BooleanSupplier leads) {
    this.api = api;
    this.xds = xds;
    this.leads = leads;
  }

  /** Puts this replica there; tried again as long as it leads. */
  public void stepIn() {
    attempt(
        new Backoff(Duration.ofMillis(200), Duration.ofSeconds(5), RandomGenerator.getDefault()));
  }

  private void attempt(Backoff backoff) {
    if (!leads.getAsBoolean()) {
      return;
    }
    var _ =
        api.send(
                "PATCH",
                "/apis/discovery.k8s.io/v1/namespaces/"
                    + api.namespace()
                    + "/endpointslices/"
                    + xds.service()
                    + "-leader?force=true&fieldManager=nantian-gateway",
                "application/apply-patch+yaml",
                slice())
            .handle(
                (applied, failure) -> {
                  if (failure != null) {
                    LOG.warn(
                        "event=step_in_failed service={} message=\"{}\"",
                        xds.service(),
                        ApiException.line(failure));
                    CompletableFuture.delayedExecutor(
                            backoff.next().toMillis(), TimeUnit.MILLISECONDS)
                        .execute(() -> attempt(backoff));
                  }
                  return null;
                });
  }

  private ObjectNode slice() {
    ObjectNode slice =
        JsonNodeFactory.instance
            .objectNode()
            .put("apiVersion", "discovery.k8s.io/v1")
            .put("kind", "EndpointSlice");
    slice
        .putObject("metadata")
        .put("name", xds.service() + "-leader")
        .put("namespace", api.namespace())
        .putObject("labels")
        .put("kubernetes.io/service-name", xds.service())
        .put("endpointslice.kubernetes.io/managed-by", "nantian-gateway")
        .put("app.kubernetes.io/managed-by", "nantian-gateway");
    slice.put("addressType", xds.address().indexOf(':') >= 0 ? "IPv6" : "IPv4");
    ObjectNode endpoint = slice.putArray("endpoints").addObject();
    endpoint.putArray("addresses").add(xds.address());
    endpoint.putObject("conditions").put("ready", true);
    slice
        .putArray("ports")
        .addObject()
        .put("name", "xds")
        .put("protocol", "TCP")
        .put("port", xds.port());
    return slice;
  }
}
