package dev.nantian.gateway.filters.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nantian.gateway.filters.FilteredProxy;
import dev.nantian.gateway.proxy.filter.FilterConfig;
import dev.nantian.gateway.proxy.filter.InvalidFilterException;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(90)
class RateLimitIT {
  private static FilteredProxy proxy(String config) throws Exception {
    return new FilteredProxy(
        exchange -> {
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        },
        new String[] {"rateLimit", config});
  }

  @Test
  void refusesWhatIsOverTheLimitOfAKey() throws Exception {
    String config =
        """
        {"requests": 2, "per": "Hour", "key": {"type": "Header", "name": "X-Team"}}""";
    try (FilteredProxy proxy = proxy(config)) {
      HttpResponse<byte[]> first = proxy.get("/", "X-Team", "a");
      HttpResponse<byte[]> second = proxy.get("/", "X-Team", "a");
      HttpResponse<byte[]> third = proxy.get("/", "X-Team", "a");
      HttpResponse<byte[]> other = proxy.get("/", "X-Team", "b");

      assertThat(first.statusCode()).isEqualTo(200);
      assertThat(first.headers().firstValue("RateLimit-Policy")).hasValue("\"default\";q=2;w=3600");
      assertThat(first.headers().firstValue("RateLimit").orElse(""))
          .startsWith("\"default\";r=1;t=");
      assertThat(second.headers().firstValue("RateLimit").orElse(""))
          .startsWith("\"default\";r=0;t=");
      assertThat(third.statusCode()).isEqualTo(429);
      assertThat(third.headers().firstValueAsLong("Retry-After").orElse(0)).isBetween(1L, 1800L);
      assertThat(other.statusCode()).isEqualTo(200);
    }
  }

  @Test
  void namesWhatIsWrongWithAConfiguration() {
    for (String[] wrong :
        new String[][] {
          {"{\"per\": \"Hour\"}", "requests: null (expected 1 or more)"},
          {"{\"requests\": 5, \"per\": \"Week\"}", "per: Week (expected Second, Minute,"},
          {
            "{\"requests\": 5, \"per\": \"Day\", \"key\": {\"type\": \"Header\"}}", "key.name: null"
          },
          {"{\"requests\": 5, \"par\": \"Day\"}", "par"},
        }) {
      assertThatThrownBy(
              () -> new RateLimitFactory().create(new FilterConfig("a/b", wrong[0], List.of())))
          .isInstanceOf(InvalidFilterException.class)
          .hasMessageContaining(wrong[1]);
    }
  }
}
