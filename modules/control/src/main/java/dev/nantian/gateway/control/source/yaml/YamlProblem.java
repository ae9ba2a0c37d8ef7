package dev.nantian.gateway.control.source.yaml;

import java.util.Optional;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;

/** What the parser says about broken text, in the words of a person who looks at the text. */
final class YamlProblem {

  private static final int SHORT = 40;

  private YamlProblem() {}

  static MalformedYamlException of(MarkedYamlEngineException e) {
    String problem = String.valueOf(e.getProblem());
    String context = e.getContext() == null ? "" : e.getContext();
    boolean endOfText =
        problem.contains("unexpected end of stream") || problem.contains("<stream end>");
    if (context.contains("quoted scalar") && endOfText) {
      // The quote that was never closed is where the mistake is; the parser only notices at the end
      // of the text.
      return at(
          e.getContextMark(), "a quote is opened here and never closed (expected a closing quote)");
    }
    if (problem.contains("TAB") || problem.contains("\\t") || problem.contains("'\t'")) {
      return at(e.getProblemMark(), "a tab where indentation is counted (expected spaces)");
    }
    if (problem.contains("mapping values are not allowed here")) {
      return at(
          e.getProblemMark(),
          "a colon in the middle of a value, or a wrong indentation before it (expected one 'key: value' per line; quote"
              + " text with ': ' in it)");
    }
    if (problem.contains("could not find expected ':'")) {
      return at(
          e.getContextMark().isPresent() ? e.getContextMark() : e.getProblemMark(),
          "no colon after the key (expected 'key: value')");
    }
    if (context.contains("block mapping") && problem.contains("expected <block end>")) {
      return at(
          e.getProblemMark(),
          "wrong indentation"
              + within(e, "the mapping")
              + " (expected the same indentation for all its keys)");
    }
    if (context.contains("block collection") && problem.contains("expected <block end>")) {
      return at(
          e.getProblemMark(),
          "wrong indentation"
              + within(e, "the list")
              + " (expected '- ' at the same indentation for all its items)");
    }
    if (context.contains("flow sequence")) {
      return at(
          e.getContextMark(),
          "the list in [ ] is not closed or misses a comma (expected ',' or ']')");
    }
    if (context.contains("flow mapping")) {
      return at(
          e.getContextMark(),
          "the mapping in { } is not closed or misses a comma (expected ',' or '}')");
    }
    if (problem.contains("cannot start any token")) {
      int quote = problem.indexOf('\'');
      String character =
          quote < 0 || quote + 1 >= problem.length()
              ? "a character"
              : "'" + problem.charAt(quote + 1) + "'";
      return at(e.getProblemMark(), character + " cannot begin a value (expected it in quotes)");
    }
    String text = context.isEmpty() ? problem : problem + ", " + context;
    return at(
        e.getProblemMark().isPresent() ? e.getProblemMark() : e.getContextMark(), oneLine(text));
  }

  private static String within(MarkedYamlEngineException e, String what) {
    return e.getContextMark()
        .map(mark -> " in " + what + " that begins in line " + (mark.getLine() + 1))
        .orElse("");
  }

  private static MalformedYamlException at(Optional<Mark> mark, String message) {
    return new MalformedYamlException(
        mark.map(m -> m.getLine() + 1).orElse(0),
        mark.map(m -> m.getColumn() + 1).orElse(0),
        message);
  }

  static String oneLine(String text) {
    return text.replaceAll("\\s*\\R\\s*", " ").strip();
  }

  static String shortened(String text) {
    String line = oneLine(text);
    return line.length() <= SHORT ? line : line.substring(0, SHORT) + "…";
  }
}
