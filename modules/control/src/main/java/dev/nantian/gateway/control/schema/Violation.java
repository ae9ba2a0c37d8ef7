package dev.nantian.gateway.control.schema;

/**
 * One way in which an object is not what its kind demands.
 *
 * @param fieldPath the field, such as {@code spec.rules[2].backendRefs[0].port}
 * @param message the offending value and what was expected: {@code 70000 (expected 1 to 65535)}
 */
public record Violation(String fieldPath, String message) {}
