package dev.nantian.gateway.control.source.yaml;

/** Text is not YAML that can be read. The message is one line for the person who wrote it. */
public final class MalformedYamlException extends Exception {

  private static final long serialVersionUID = 1L;

  private final int line;
  private final int column;

  MalformedYamlException(int line, int column, String message) {
    super(message);
    this.line = line;
    this.column = column;
  }

  /** Counted from 1; 0 if the text as a whole is meant. */
  public int line() {
    return line;
  }

  /** Counted from 1; 0 if the line as a whole is meant. */
  public int column() {
    return column;
  }
}
