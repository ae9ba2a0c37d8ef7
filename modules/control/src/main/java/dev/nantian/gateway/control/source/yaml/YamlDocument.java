package dev.nantian.gateway.control.source.yaml;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * One document of a YAML file.
 *
 * @param root its content; a null node if it is empty or holds comments only
 * @param positions where each node of {@code root} was written
 */
public record YamlDocument(JsonNode root, Positions positions) {}
