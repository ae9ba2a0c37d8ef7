package dev.nantian.gateway.proxy.http;

import org.jspecify.annotations.Nullable;

/**
 * Chunk extensions (RFC 9112 section 7.1.1): {@code *( BWS ";" BWS name [ BWS "=" BWS value ] )},
 * byte by byte.
 */
final class ExtensionGrammar {
  private enum State {
    BEFORE_SEMICOLON,
    BEFORE_NAME,
    NAME,
    AFTER_NAME,
    BEFORE_VALUE,
    VALUE,
    QUOTED,
    ESCAPED,
    AFTER_VALUE
  }

  private State state = State.BEFORE_SEMICOLON;

  void reset() {
    state = State.BEFORE_SEMICOLON;
  }

  /** True if the line may end here. */
  boolean mayEnd() {
    return state == State.NAME || state == State.VALUE || state == State.AFTER_VALUE;
  }

  /** Takes a byte; false if it cannot stand here. */
  boolean accept(byte b) {
    boolean blank = FieldLine.isBlank(b);
    boolean token = Octets.is(b, Octets.TOKEN);
    @Nullable State next =
        switch (state) {
          case BEFORE_SEMICOLON -> blank ? state : b == ';' ? State.BEFORE_NAME : null;
          case BEFORE_NAME -> blank ? state : token ? State.NAME : null;
          case NAME -> token ? state : afterName(b, blank);
          case AFTER_NAME -> afterName(b, blank);
          case BEFORE_VALUE -> blank ? state : token ? State.VALUE : b == '"' ? State.QUOTED : null;
          case VALUE -> token ? state : afterValue(b, blank);
          case QUOTED ->
              b == '"'
                  ? State.AFTER_VALUE
                  : b == '\\' ? State.ESCAPED : Octets.is(b, Octets.FIELD_VALUE) ? state : null;
          case ESCAPED -> Octets.is(b, Octets.FIELD_VALUE) ? State.QUOTED : null;
          case AFTER_VALUE -> afterValue(b, blank);
        };
    if (next == null) {
      return false;
    }
    state = next;
    return true;
  }

  private static @Nullable State afterName(byte b, boolean blank) {
    return blank ? State.AFTER_NAME : b == '=' ? State.BEFORE_VALUE : afterValue(b, false);
  }

  private static @Nullable State afterValue(byte b, boolean blank) {
    return blank ? State.AFTER_VALUE : b == ';' ? State.BEFORE_NAME : null;
  }
}
