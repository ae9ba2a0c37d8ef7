package dev.nantian.gateway.control.translate;

import static dev.nantian.gateway.control.translate.Conditions.condition;
import static dev.nantian.gateway.control.translate.Conditions.generation;

import dev.nantian.gateway.control.source.ResourceKey;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GatewayClass;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GatewayClassStatusBuilder;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.SupportedFeature;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** GatewayClass: no configuration, only whether its Gateways are ours. */
public final class GatewayClassTranslator implements Translator<GatewayClass> {

  private final String controllerName;

  public GatewayClassTranslator(String controllerName) {
    this.controllerName = controllerName;
  }

  @Override
  public Set<ResourceKey> dependencies(ResourceKey key, GatewayClass object) {
    return Set.of();
  }

  @Override
  public Translation absent(ResourceKey key, Inputs inputs) {
    return Translation.of(new Fact.ClassFact(false, false));
  }

  @Override
  public Translation translate(ResourceKey key, GatewayClass object, Inputs inputs) {
    if (!object.getSpec().getControllerName().equals(controllerName)) {
      return Translation.of(new Fact.ClassFact(true, false));
    }
    Translation.Builder result = new Translation.Builder();
    boolean plain = object.getSpec().getParametersRef() == null;
    long generation = generation(object);
    List<Condition> conditions = new ArrayList<>();
    if (plain) {
      conditions.add(condition("Accepted", true, "Accepted", "the class is served", generation));
    } else {
      Problem problem =
          Problem.error(
              "spec.parametersRef",
              object.getSpec().getParametersRef().getKind()
                  + " "
                  + object.getSpec().getParametersRef().getName()
                  + " (expected none: this controller takes no parameters)");
      result.problem(problem);
      conditions.add(
          condition("Accepted", false, "InvalidParameters", problem.inMessage(), generation));
    }
    conditions.add(
        condition(
            "SupportedVersion",
            true,
            "SupportedVersion",
            "Gateway API v1.5.1 is understood",
            generation));
    return result
        .fact(new Fact.ClassFact(true, plain))
        .status(
            new GatewayClassStatusBuilder()
                .withConditions(conditions)
                .withSupportedFeatures(
                    SupportedFeatures.NAMES.stream().map(SupportedFeature::new).toList())
                .build())
        .build();
  }
}
