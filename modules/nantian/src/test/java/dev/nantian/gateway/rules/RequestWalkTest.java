package dev.nantian.gateway.rules;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * docs/architecture.md walks a request through methods by file and line; they are there. To bring
 * the lines up to date, run this test with {@code -Drequest.walk=write}.
 */
final class RequestWalkTest {
  private static final Path PAGE =
      Path.of("../../docs/architecture.md").toAbsolutePath().normalize();

  /** So far off a reader still sees the method; every edit of a file would break a closer bound. */
  private static final int MOST_LINES_OFF = 40;

  private static final Pattern REFERENCE =
      Pattern.compile("\\[(\\w+)\\.java:(\\d+)]\\((\\S+/\\1\\.java)#L(\\d+)\\) `(\\w+)`");

  @Test
  void everyMethodIsWhereThePageSays() throws IOException {
    String page = Files.readString(PAGE);
    if ("write".equals(System.getProperty("request.walk"))) {
      page = REFERENCE.matcher(page).replaceAll(RequestWalkTest::upToDate);
      Files.writeString(PAGE, page);
    }

    List<String> wrong = new ArrayList<>();
    int references = 0;
    for (Matcher found = REFERENCE.matcher(page); found.find(); references++) {
      int actual = line(found.group(3), found.group(5));
      int shown = Integer.parseInt(found.group(2));
      int linked = Integer.parseInt(found.group(4));
      if (actual == 0 || linked != shown || Math.abs(actual - shown) > MOST_LINES_OFF) {
        wrong.add(found.group() + ": line " + (actual == 0 ? "none, it is gone" : actual));
      }
    }

    assertThat(wrong).isEmpty();
    assertThat(references).isGreaterThan(40);
  }

  private static String upToDate(java.util.regex.MatchResult reference) {
    int line = line(reference.group(3), reference.group(5));
    return "[%s.java:%d](%s#L%d) `%s`"
        .formatted(reference.group(1), line, reference.group(3), line, reference.group(5));
  }

  /** The first declaration of a method: a type stands before its name, and no statement does. */
  private static int line(String file, String method) {
    Pattern declaration =
        Pattern.compile(
            " +(?!return |throw |new |else |case |yield )[@\\w][\\w<>\\[\\]?,.@ ]* "
                + method
                + "\\(.*");
    try {
      List<String> lines = Files.readAllLines(PAGE.resolveSibling(file).normalize());
      for (int i = 0; i < lines.size(); i++) {
        if (declaration.matcher(lines.get(i)).matches()) {
          return i + 1;
        }
      }
      return 0;
    } catch (IOException e) {
      return 0; // the file is gone, and the method with it
    }
  }
}
