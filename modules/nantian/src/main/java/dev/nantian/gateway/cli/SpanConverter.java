package dev.nantian.gateway.cli;

import dev.nantian.gateway.echo.Spans;
import java.time.Duration;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Options that are a span of time: {@code 200ms}, {@code 5s}, {@code 2m}, {@code 12h}. */
final class SpanConverter implements ITypeConverter<Duration> {
  @Override
  public Duration convert(String value) {
    return Spans.parse(value)
        .orElseThrow(
            () ->
                new TypeConversionException(
                    "'" + value + "' is not a span of time (for example 200ms, 5s or 2m)"));
  }
}
