package dev.nantian.gateway.control.source;

import java.util.ArrayList;
import java.util.List;

/**
 * The text form of the way to a field in an object: {@code spec.rules[2].backendRefs[0].port}. A
 * name that is not a plain word stands in brackets and quotes: {@code data['tls.crt']}. The empty
 * text is the object itself.
 */
public final class FieldPath {

  private FieldPath() {}

  /** One step of a path: the field of a mapping or the item of a list. */
  public sealed interface Step {
    /** Into a mapping. */
    record Field(String name) implements Step {}

    /** Into a list, counted from 0. */
    record Item(int index) implements Step {}
  }

  /** The path of a field of the mapping at {@code parent}. */
  public static String field(String parent, String name) {
    if (!isPlain(name)) {
      return parent + "['" + name + "']";
    }
    return parent.isEmpty() ? name : parent + "." + name;
  }

  // Asked for every field of every object: an expression took a fifteenth of a folder's first read.
  private static boolean isPlain(String name) {
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean plain =
          (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || c == '_'
              || c == '$'
              || c == '-';
      if (!plain) {
        return false;
      }
    }
    return !name.isEmpty();
  }

  /** The path of an item of the list at {@code parent}, counted from 0. */
  public static String item(String parent, int index) {
    return parent + "[" + index + "]";
  }

  /**
   * The steps of a path. What does not have the form of a path is taken as a field's name, never
   * refused.
   */
  public static List<Step> steps(String path) {
    List<Step> steps = new ArrayList<>();
    int at = 0;
    while (at < path.length()) {
      if (path.startsWith("['", at)) {
        int end = path.indexOf("']", at + 2);
        int stop = end < 0 ? path.length() : end;
        steps.add(new Step.Field(path.substring(at + 2, stop)));
        at = end < 0 ? stop : end + 2;
      } else if (path.charAt(at) == '[') {
        int end = path.indexOf(']', at);
        int stop = end < 0 ? path.length() : end;
        steps.add(index(path.substring(at + 1, stop)));
        at = end < 0 ? stop : end + 1;
      } else if (path.charAt(at) == '.') {
        at++;
      } else {
        int stop = at;
        while (stop < path.length() && path.charAt(stop) != '.' && path.charAt(stop) != '[') {
          stop++;
        }
        steps.add(new Step.Field(path.substring(at, stop)));
        at = stop;
      }
    }
    return steps;
  }

  private static Step index(String text) {
    boolean number =
        !text.isEmpty() && text.length() < 10 && text.chars().allMatch(c -> c >= '0' && c <= '9');
    return number ? new Step.Item(Integer.parseInt(text)) : new Step.Field(text);
  }
}
