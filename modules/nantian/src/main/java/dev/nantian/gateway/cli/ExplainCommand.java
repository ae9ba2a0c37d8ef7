package dev.nantian.gateway.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows which way a request would take through a running proxy, and why. */
@Command(
    name = "explain",
    sortOptions = false,
    description = {
      "Show which listener, route, rule, filters and backends a request would take, and why. Nothing is sent to a backend.",
      "",
      "It asks the admin endpoint of a running 'standalone' or 'proxy'. Without a port in the URL every listener of its scheme is considered."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  nantian explain http://localhost:8080/shop",
      "  nantian explain https://www.example.com/orders -X POST -H 'x-canary: yes'"
    })
final class ExplainCommand implements Callable<Integer> {
  @Spec
  @SuppressWarnings("NullAway.Init")
  private CommandSpec spec;

  @Parameters(paramLabel = "URL", description = "The request's URL.")
  private String url = "";

  @Option(
      names = {"-X", "--method"},
      paramLabel = "METHOD",
      defaultValue = "GET",
      description = "Its method (default: ${DEFAULT-VALUE}).")
  private String method = "GET";

  @Option(
      names = {"-H", "--header"},
      paramLabel = "'NAME: VALUE'",
      description = "A header; may be repeated.")
  private List<String> headers = List.of();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      defaultValue = "table",
      description = "table, json or yaml (default: ${DEFAULT-VALUE}).")
  private AdminClient.Format format = AdminClient.Format.table;

  @Mixin private AdminClient admin = new AdminClient();

  @Override
  public Integer call() {
    JsonNode answer = admin.get("/v1/explain?" + query());
    PrintWriter out = spec.commandLine().getOut();
    switch (format) {
      case table -> print(answer, out);
      case json, yaml -> out.print(AdminClient.text(answer, format));
    }
    out.flush();
    return 0;
  }

  private String query() {
    URI uri = uri();
    var query = new ArrayList<String>();
    query.add("scheme=" + uri.getScheme().toLowerCase(Locale.ROOT));
    query.add("host=" + encode(uri.getHost()));
    if (uri.getPort() >= 0) {
      query.add("port=" + uri.getPort());
    }
    String path = uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
    query.add("path=" + encode(uri.getRawQuery() == null ? path : path + "?" + uri.getRawQuery()));
    query.add("method=" + encode(method));
    headers.forEach(h -> query.add("header=" + encode(h)));
    return String.join("&", query);
  }

  private URI uri() {
    try {
      URI uri = new URI(url);
      String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
      if (uri.getHost() != null && (scheme.equals("http") || scheme.equals("https"))) {
        return uri;
      }
    } catch (URISyntaxException e) {
      throw new ParameterException(
          spec.commandLine(),
          "'" + url + "' is no URL: " + e.getReason() + " at " + e.getIndex(),
          e);
    }
    throw new ParameterException(
        spec.commandLine(), "'" + url + "' is not http://HOST[:PORT]/PATH or https://…");
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, UTF_8);
  }

  private static void print(JsonNode answer, PrintWriter out) {
    JsonNode listener = answer.path("listener");
    out.println(
        "listener  "
            + (listener.isObject()
                ? listener.at("/gateway").asText()
                    + "/"
                    + listener.at("/name").asText()
                    + " at port "
                    + listener.at("/port").asText()
                    + ": "
                : "")
            + answer.at("/listenerReason").asText());
    for (JsonNode table : answer.at("/tried")) {
      String hostname = table.at("/hostname").asText();
      out.println("hostname  " + (hostname.isEmpty() ? "(any)" : hostname));
      for (JsonNode tried : table.at("/candidates")) {
        out.println(
            "  "
                + tried.at("/route").asText()
                + " rules["
                + tried.at("/rule").asText()
                + "].matches["
                + tried.at("/match").asText()
                + "] "
                + tried.at("/path").asText()
                + ": "
                + (tried.hasNonNull("failed") ? "no, " + tried.at("/failed").asText() : "yes"));
      }
    }
    JsonNode decision = answer.path("decision");
    if (decision.isObject()) {
      print(decision, "filter    ", out);
    }
    out.println("outcome   " + answer.at("/outcome").asText());
  }

  private static void print(JsonNode decision, String label, PrintWriter out) {
    decision.at("/filters").forEach(f -> out.println(label + f.asText()));
    long request = decision.at("/requestTimeoutMillis").asLong();
    long backend = decision.at("/backendTimeoutMillis").asLong();
    if (request > 0 || backend > 0) {
      out.println(
          "timeouts  request "
              + (request > 0 ? request + " ms" : "none")
              + ", backend "
              + (backend > 0 ? backend + " ms" : "none"));
    }
    for (JsonNode each : decision.at("/backends")) {
      var endpoints = new ArrayList<String>();
      each.at("/endpoints").forEach(e -> endpoints.add(e.asText()));
      out.printf(
          Locale.ROOT,
          "backend   %.1f %% %s %s%n",
          each.at("/share").asDouble() * 100,
          each.hasNonNull("cluster") ? each.at("/cluster").asText() : each.at("/failure").asText(),
          each.hasNonNull("cluster") ? endpoints : "");
      each.at("/filters").forEach(f -> out.println("          " + f.asText()));
    }
  }
}
