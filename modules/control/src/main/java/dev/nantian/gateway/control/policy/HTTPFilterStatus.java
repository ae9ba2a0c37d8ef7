package dev.nantian.gateway.control.policy;

import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;

/**
 * What was found of an HTTPFilter.
 *
 * @param conditions Accepted and ResolvedRefs
 */
public record HTTPFilterStatus(List<Condition> conditions) {
  public HTTPFilterStatus {
    conditions = List.copyOf(conditions);
  }
}
