package dev.nantian.gateway.control.translate;

import static dev.nantian.gateway.control.translate.Conditions.orEmpty;

import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.LabelSelectorRequirement;
import java.util.List;
import java.util.Map;

/** Kubernetes label selectors (metav1.LabelSelector). */
final class Selectors {
  private Selectors() {}

  /** All of the selector's requirements hold; an empty selector matches everything. */
  static boolean matches(LabelSelector selector, Map<String, String> labels) {
    Map<String, String> exact = selector.getMatchLabels();
    if (exact != null && !labels.entrySet().containsAll(exact.entrySet())) {
      return false;
    }
    return orEmpty(selector.getMatchExpressions()).stream()
        .allMatch(requirement -> matches(requirement, labels));
  }

  private static boolean matches(LabelSelectorRequirement requirement, Map<String, String> labels) {
    String value = labels.get(requirement.getKey());
    List<String> values = orEmpty(requirement.getValues());
    return switch (requirement.getOperator()) {
      case "In" -> value != null && values.contains(value);
      case "NotIn" -> value == null || !values.contains(value);
      case "Exists" -> value != null;
      case "DoesNotExist" -> value == null;
      default -> false;
    };
  }
}
