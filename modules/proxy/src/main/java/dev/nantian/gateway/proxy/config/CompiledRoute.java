package dev.nantian.gateway.proxy.config;

import dev.nantian.gateway.proxy.route.Candidate;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One route, ready to be merged.
 *
 * @param name {@code namespace/name}
 * @param hostnames by listener ({@code namespace/gateway/listener}): the hostnames under which its
 *     rules serve there
 * @param candidates one for each match of each rule
 */
record CompiledRoute(String name, Map<String, Set<String>> hostnames, List<Candidate> candidates) {}
