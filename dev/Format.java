import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.FormatterException;
import com.google.googlejavaformat.java.ImportOrderer;
import com.google.googlejavaformat.java.JavaFormatterOptions;
import com.google.googlejavaformat.java.RemoveUnusedImports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Formats every Java source below some folders with google-java-format, in one JVM.
 *
 * <p>{@code java Format.java fix|check DIR...}: {@code fix} rewrites what differs; {@code check}
 * lists it and exits 1.
 */
public final class Format {
  public static void main(String[] args) throws IOException {
    boolean fix = args[0].equals("fix");
    for (int i = 1; i < args.length; i++) {
      format(Path.of(args[i]), fix);
    }
  }

  private static void format(Path root, boolean fix) throws IOException {
    var formatter = new Formatter();
    List<Path> sources;
    try (var files = Files.walk(root)) {
      sources =
          files
              .filter(f -> f.toString().endsWith(".java"))
              .filter(f -> !f.toString().contains("/target/"))
              .sorted()
              .toList();
    }
    var wrong = new ArrayList<String>();
    for (Path source : sources) {
      String text = Files.readString(source);
      try {
        String formatted =
            formatter.formatSource(
                ImportOrderer.reorderImports(
                    RemoveUnusedImports.removeUnusedImports(text),
                    JavaFormatterOptions.Style.GOOGLE));
        if (!formatted.equals(text)) {
          if (fix) {
            Files.writeString(source, formatted);
          } else {
            wrong.add(root.relativize(source).toString());
          }
        }
      } catch (FormatterException e) {
        if (fix) {
          System.err.println(
              root.relativize(source) + ": " + e.getMessage()); // the compiler tells it better
        } else {
          wrong.add(root.relativize(source) + ": " + e.getMessage());
        }
      }
    }
    if (!wrong.isEmpty()) {
      System.err.println("Not formatted (run `mvn initialize` to fix):");
      wrong.forEach(f -> System.err.println("  " + f));
      System.exit(1);
    }
  }
}
