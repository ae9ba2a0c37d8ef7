package dev.nantian.gateway.filters.example;

import dev.nantian.gateway.proxy.filter.Answer;
import dev.nantian.gateway.proxy.filter.ExchangeFilter;
import dev.nantian.gateway.proxy.filter.Filter;
import dev.nantian.gateway.proxy.filter.FilterConfig;
import dev.nantian.gateway.proxy.filter.FilterFactory;
import dev.nantian.gateway.proxy.filter.InvalidFilterException;
import dev.nantian.gateway.proxy.filter.Verdict;
import dev.nantian.gateway.proxy.http.HeaderName;

/** Greets by name: {@code {"greeting": "Hello"}}. */
public final class GreetingFactory implements FilterFactory {
  record Config(String greeting) {}

  private static final HeaderName NAME = HeaderName.of("X-Name");
  private static final HeaderName GREETING = HeaderName.of("X-Greeting");

  @Override
  public String type() {
    return "greeting";
  }

  @Override
  public Filter create(FilterConfig config) throws InvalidFilterException {
    String greeting = config.read(Config.class).greeting();
    return exchange ->
        new ExchangeFilter() {
          @Override
          public Verdict onRequestHead() {
            String name = exchange.request().first(NAME);
            if (name == null) {
              exchange.answer(Answer.text(400, "who are you?"));
            } else {
              exchange.request().set(GREETING, greeting + ", " + name);
            }
            return Verdict.CONTINUE;
          }
        };
  }
}
