package dev.nantian.gateway.proxy.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nantian.gateway.protocol.config.v1.ExtensionFilter;
import dev.nantian.gateway.protocol.config.v1.ServiceRef;
import dev.nantian.gateway.proxy.config.HttpRouteCompiler.Resolved;
import dev.nantian.gateway.proxy.filter.ExchangeFilter;
import dev.nantian.gateway.proxy.filter.Filter;
import dev.nantian.gateway.proxy.filter.FilterBackend;
import dev.nantian.gateway.proxy.filter.FilterConfig;
import dev.nantian.gateway.proxy.filter.FilterExchange;
import dev.nantian.gateway.proxy.filter.FilterFactories;
import dev.nantian.gateway.proxy.filter.FilterFactory;
import dev.nantian.gateway.proxy.filter.InvalidFilterException;
import java.util.List;
import org.junit.jupiter.api.Test;

class FilterCompilerTest {
  private record Made(FilterConfig config) implements Filter {
    @Override
    public ExchangeFilter begin(FilterExchange exchange) {
      return ExchangeFilter.NONE;
    }
  }

  private record Settings(int size) {}

  private static final class Factory implements FilterFactory {
    @Override
    public String type() {
      return "sized";
    }

    @Override
    public Filter create(FilterConfig config) throws InvalidFilterException {
      if (config.read(Settings.class).size() < 1) {
        throw new InvalidFilterException("size: 0 (expected 1 or more)");
      }
      return new Made(config);
    }
  }

  private final Cluster cluster = new Cluster("a/b:80", Cluster.Protocol.HTTP1);
  private final FilterCompiler compiler =
      new FilterCompiler(
          FilterFactories.of(new Factory()),
          (service, port, datagrams, http2) ->
              service.equals("a/b")
                  ? new Resolved.To(cluster)
                  : new Resolved.Nowhere("no Service " + service));

  private static ExtensionFilter extension(String type, String config) {
    return ExtensionFilter.newBuilder()
        .setType(type)
        .setName("ns/filter")
        .setConfig(config)
        .addBackends(ServiceRef.newBuilder().setService("a/b").setPort(80))
        .addBackends(ServiceRef.newBuilder().setService("a/none").setPort(81))
        .build();
  }

  @Test
  void equalConfigurationsShareOneFilter() throws InvalidResourceException {
    Filter first = compiler.compile("f", extension("sized", "{\"size\": 1}"));
    Filter again = compiler.compile("g", extension("sized", "{\"size\": 1}"));
    Filter other = compiler.compile("f", extension("sized", "{\"size\": 2}"));

    assertThat(again).isSameAs(first);
    assertThat(other).isNotSameAs(first);
  }

  @Test
  void backendsComeInTheirOrderEvenIfTheyDoNotResolve() throws InvalidResourceException {
    Made made = (Made) compiler.compile("f", extension("sized", "{\"size\": 1}"));

    assertThat(made.config().backends().getFirst().cluster()).isSameAs(cluster);
    assertThat(made.config().backends())
        .extracting(FilterBackend::name)
        .isEqualTo(List.of("a/b:80", "a/none:81"));
  }

  @Test
  void namesWhatIsWrong() {
    String[][] cases = {
      {"other", "{}", "f type: \"other\" (expected one of sized)"},
      {"sized", "{}", "f sized ns/filter: size: "},
      {"sized", "{\"size\": 0}", "f sized ns/filter: size: 0 (expected 1 or more)"},
      {"sized", "{\"size\": 1, \"length\": 5}", "f sized ns/filter: length: Unrecognized field"},
      {"sized", "{", "f sized ns/filter: not JSON: "},
    };
    for (String[] wrong : cases) {
      assertThatThrownBy(() -> compiler.compile("f", extension(wrong[0], wrong[1])))
          .as(wrong[1])
          .isInstanceOf(InvalidResourceException.class)
          .hasMessageContaining(wrong[2]);
    }
  }

  /** Null is what lets an exchange do without a chain: an empty list would make one for each. */
  @Test
  void aRuleWithoutFiltersHasNoChainToMake() {
    HttpRouteCompiler.ServiceLookup none =
        (_, _, _, _) -> {
          throw new AssertionError("nothing to look up");
        };

    assertThat(new HttpFilterCompiler(compiler, none).extensions()).isNull();
  }
}
