package dev.nantian.gateway.filters.compression;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How an HTTPFilter configures compression.
 *
 * @param algorithms br, zstd, gzip in the order of preference; null for that order
 * @param minBytes shorter responses stay plain; null for 1024. One whose length is not known is
 *     encoded
 * @param contentTypes media types without parameters, {@code text/*} for all of a kind; null for
 *     texts, JSON, JavaScript, XML, SVG and event streams
 */
record CompressionConfig(
    @Nullable List<String> algorithms,
    @Nullable Integer minBytes,
    @Nullable List<String> contentTypes) {}
