package dev.nantian.gateway.proxy.filter;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What a filter is made from.
 *
 * @param name of the object that configures it, for logs: {@code namespace/name}
 * @param json the configuration, a JSON object
 * @param backends that the configuration may send requests to, in its order
 */
public record FilterConfig(String name, String json, List<FilterBackend> backends) {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .build();

  public FilterConfig {
    backends = List.copyOf(backends);
  }

  /**
   * Reads the configuration as a record.
   *
   * @throws InvalidFilterException naming the field, if it does not have the record's form
   */
  public <T> T read(Class<T> type) throws InvalidFilterException {
    try {
      T value = MAPPER.readValue(json.isEmpty() ? "{}" : json, type);
      if (value == null) {
        throw new InvalidFilterException("null (expected an object)");
      }
      return value;
    } catch (JsonMappingException e) {
      String field =
          e.getPath().stream()
              .map(r -> r.getFieldName() == null ? "[" + r.getIndex() + "]" : r.getFieldName())
              .collect(Collectors.joining("."));
      throw new InvalidFilterException(
          (field.isEmpty() ? "" : field + ": ") + e.getOriginalMessage(), e);
    } catch (JsonProcessingException e) {
      throw new InvalidFilterException("not JSON: " + e.getOriginalMessage(), e);
    }
  }
}
