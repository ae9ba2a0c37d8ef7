package dev.nantian.gateway.control.schema;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The rules between fields of the filters of an HTTPRoute's rule or backend (Gateway API v1.5,
 * HTTPRouteFilter).
 */
final class HttpFilterRules {

  /** The field that carries the settings of each type. */
  private static final Map<String, String> FIELD_OF_TYPE = fieldOfType();

  private static final Set<String> ONCE =
      Set.of(
          "CORS",
          "RequestHeaderModifier",
          "ResponseHeaderModifier",
          "RequestRedirect",
          "URLRewrite");

  private HttpFilterRules() {}

  private static Map<String, String> fieldOfType() {
    Map<String, String> fields = new LinkedHashMap<>();
    fields.put("RequestHeaderModifier", "requestHeaderModifier");
    fields.put("ResponseHeaderModifier", "responseHeaderModifier");
    fields.put("RequestMirror", "requestMirror");
    fields.put("RequestRedirect", "requestRedirect");
    fields.put("URLRewrite", "urlRewrite");
    fields.put("ExtensionRef", "extensionRef");
    fields.put("CORS", "cors");
    fields.put("ExternalAuth", "externalAuth");
    return fields;
  }

  /** Checks the filters of one list, which apply under the given matches. */
  static void check(List<Field> filters, List<Field> matches) {
    Map<String, Field> first = new LinkedHashMap<>();
    for (Field filter : filters) {
      checkTypeAndField(filter);
      String type = filter.get("type").text();
      Field earlier = first.putIfAbsent(type, filter);
      if (earlier != null && ONCE.contains(type)) {
        filter
            .get("type")
            .violated(type + " as in " + earlier.path() + " (expected this type once)");
      }
      Field other =
          switch (type) {
            case "RequestRedirect" -> first.get("URLRewrite");
            case "URLRewrite" -> first.get("RequestRedirect");
            default -> null;
          };
      if (other != null) {
        filter
            .get("type")
            .violated(
                type + " beside " + other.path() + " (expected a redirect or a rewrite, not both)");
      }
      checkPathModifier(filter.get("requestRedirect").get("path"), matches);
      checkPathModifier(filter.get("urlRewrite").get("path"), matches);
      checkHeaderEdits(filter.get("requestHeaderModifier"));
      checkHeaderEdits(filter.get("responseHeaderModifier"));
      checkMirror(filter.get("requestMirror"));
      checkCors(filter.get("cors"));
      checkExternalAuth(filter.get("externalAuth"));
    }
  }

  private static void checkTypeAndField(Field filter) {
    String type = filter.get("type").text();
    String own = FIELD_OF_TYPE.get(type);
    if (own == null) {
      return;
    }
    if (!filter.get(own).present()) {
      filter.get(own).violated("missing (expected with type " + type + ")");
    }
    FIELD_OF_TYPE.forEach(
        (otherType, field) -> {
          if (!field.equals(own) && filter.get(field).present()) {
            filter
                .get(field)
                .violated(
                    "set with type "
                        + type
                        + " (expected type "
                        + otherType
                        + ", or not this field)");
          }
        });
  }

  private static void checkPathModifier(Field path, List<Field> matches) {
    if (!path.present()) {
      return;
    }
    String type = path.get("type").text();
    Field full = path.get("replaceFullPath");
    Field prefix = path.get("replacePrefixMatch");
    if (type.equals("ReplaceFullPath") != full.present()
        && (full.present() || type.equals("ReplaceFullPath"))) {
      disagree(full, type, "ReplaceFullPath");
    }
    if (type.equals("ReplacePrefixMatch") != prefix.present()) {
      disagree(prefix, type, "ReplacePrefixMatch");
    }
    if (type.equals("ReplacePrefixMatch") && prefix.present()) {
      boolean onePrefix =
          matches.size() == 1 && matches.getFirst().get("path").get("type").is("PathPrefix");
      if (!onePrefix) {
        prefix.violated(
            (matches.size() == 1 ? "one match without a PathPrefix" : matches.size() + " matches")
                + " in the rule (expected exactly one match with a PathPrefix, whose prefix is replaced)");
      }
    }
  }

  private static void disagree(Field field, String type, String typeOfField) {
    if (field.present()) {
      field.violated(
          "set with type " + type + " (expected type " + typeOfField + ", or not this field)");
    } else {
      field.violated("missing (expected with type " + type + ")");
    }
  }

  private static void checkHeaderEdits(Field edits) {
    Distinct.by("name", edits.get("set").items(), header -> header.get("name").text());
    Distinct.by("name", edits.get("add").items(), header -> header.get("name").text());
    Distinct.items(edits.get("remove").items());
  }

  private static void checkMirror(Field mirror) {
    if (mirror.get("percent").present() && mirror.get("fraction").present()) {
      mirror.get("fraction").violated("beside percent (expected one of the two)");
    }
    Integer numerator = mirror.get("fraction").get("numerator").integer();
    Integer denominator = mirror.get("fraction").get("denominator").integer();
    if (numerator != null && denominator != null && numerator > denominator) {
      mirror.get("fraction").get("numerator").unexpected("at most the denominator " + denominator);
    }
    checkServicePort(mirror.get("backendRef"));
  }

  private static void checkCors(Field cors) {
    for (String list : List.of("allowOrigins", "allowMethods", "allowHeaders")) {
      List<Field> items = cors.get(list).items();
      for (Field item : items) {
        if (item.is("*") && items.size() > 1) {
          item.unexpected("* alone, or no *");
        }
      }
    }
  }

  private static void checkExternalAuth(Field auth) {
    if (!auth.present()) {
      return;
    }
    String protocol = auth.get("protocol").text();
    for (String each : List.of("GRPC", "HTTP")) {
      Field settings = auth.get(each.equals("GRPC") ? "grpc" : "http");
      if (protocol.equals(each) && !settings.present()) {
        settings.violated("missing (expected with protocol " + each + ")");
      } else if (!protocol.equals(each) && settings.present()) {
        settings.violated(
            "set with protocol "
                + protocol
                + " (expected protocol "
                + each
                + ", or not this field)");
      }
    }
    checkServicePort(auth.get("backendRef"));
  }

  /** A Service has several ports; a reference to one must say which. */
  static void checkServicePort(Field backend) {
    boolean service = backend.get("kind").is("Service") && backend.get("group").text().isEmpty();
    if (backend.present() && service && !backend.get("port").present()) {
      backend.get("port").violated("missing (expected a port of the Service)");
    }
  }
}
