package dev.nantian.gateway.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.nantian.gateway.admin.AdminJson;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows the conditions of the objects that a running control plane holds. */
@Command(
    name = "status",
    sortOptions = false,
    description = {
      "Show the status of every object: its conditions as the Gateway API defines them, and what is wrong with it, with file and line.",
      "",
      "It asks the admin endpoint of a running 'standalone' or 'control'. Exit status: 0 all of it could be read, 1 not."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  nantian status",
      "  nantian status httproute shop -n demo",
      "  nantian status --problems",
      "  nantian status -o yaml"
    })
final class StatusCommand implements Callable<Integer> {
  @Spec
  @SuppressWarnings("NullAway.Init")
  private CommandSpec spec;

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "KIND",
      description = "Only this kind: gateway, httproute, …")
  private @Nullable String kind;

  @Parameters(index = "1", arity = "0..1", paramLabel = "NAME", description = "Only this name.")
  private @Nullable String name;

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NAMESPACE",
      description = "Only this namespace.")
  private @Nullable String namespace;

  @Option(names = "--problems", description = "Only what is wrong.")
  private boolean problemsOnly;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      defaultValue = "table",
      description = "table, json or yaml (default: ${DEFAULT-VALUE}).")
  private AdminClient.Format format = AdminClient.Format.table;

  @Mixin private AdminClient admin = new AdminClient();

  @Override
  public Integer call() {
    JsonNode answer = admin.get("/v1/status");
    JsonNode findings = admin.get("/v1/diagnostics");
    var objects = new ArrayList<JsonNode>();
    for (JsonNode object : answer.at("/objects")) {
      if (wanted(object)) {
        objects.add(object);
      }
    }
    PrintWriter out = spec.commandLine().getOut();
    switch (format) {
      case table -> print(objects, findings.at("/diagnostics"), out);
      case json, yaml -> out.print(AdminClient.text(list(objects), format));
    }
    out.flush();
    return 0;
  }

  private boolean wanted(JsonNode object) {
    return (kind == null || object.at("/kind").asText().equalsIgnoreCase(kind))
        && (name == null || object.at("/name").asText().equals(name))
        && (namespace == null || object.at("/namespace").asText().equals(namespace))
        && (!problemsOnly || !object.at("/problems").isEmpty());
  }

  private static JsonNode list(List<JsonNode> objects) {
    var list = AdminJson.mapper().createObjectNode();
    list.putArray("objects").addAll(objects);
    return list;
  }

  private void print(List<JsonNode> objects, JsonNode findings, PrintWriter out) {
    var table = new Table("KIND", "NAME", "OF", "CONDITION", "STATUS", "REASON", "MESSAGE");
    for (JsonNode object : objects) {
      conditions(object, table);
    }
    if (table.isEmpty()) {
      out.println("No object with a status" + (problemsOnly ? " and a problem." : "."));
    } else {
      out.print(table);
    }
    boolean filtered = kind != null || name != null || namespace != null;
    List<String> lines =
        filtered
            ? objects.stream().flatMap(o -> texts(o.at("/problems")).stream()).distinct().toList()
            : texts(findings).stream().distinct().toList();
    if (!lines.isEmpty()) {
      out.println();
      out.println("Problems:");
      lines.forEach(line -> out.println("  " + line));
    }
  }

  private static List<String> texts(JsonNode findings) {
    var texts = new ArrayList<String>();
    findings.forEach(f -> texts.add(f.at("/text").asText()));
    return texts;
  }

  private static void conditions(JsonNode object, Table table) {
    JsonNode status = object.at("/status");
    rows(object, "", status.at("/conditions"), table);
    for (JsonNode listener : status.at("/listeners")) {
      rows(object, "listener " + listener.at("/name").asText(), listener.at("/conditions"), table);
    }
    for (JsonNode parent : status.at("/parents")) {
      rows(object, parent(parent.at("/parentRef")), parent.at("/conditions"), table);
    }
  }

  private static String parent(JsonNode ref) {
    String section = ref.path("sectionName").asText("");
    String space = ref.path("namespace").asText("");
    return ref.path("kind").asText("Gateway").toLowerCase(Locale.ROOT)
        + " "
        + (space.isEmpty() ? "" : space + "/")
        + ref.path("name").asText()
        + (section.isEmpty() ? "" : " " + section);
  }

  private static void rows(JsonNode object, String of, JsonNode conditions, Table table) {
    String space = object.at("/namespace").asText();
    String name = (space.isEmpty() ? "" : space + "/") + object.at("/name").asText();
    for (JsonNode condition : conditions) {
      table.row(
          object.at("/kind").asText(),
          name,
          of,
          condition.at("/type").asText(),
          condition.at("/status").asText(),
          condition.at("/reason").asText(),
          condition.at("/message").asText());
    }
  }
}
