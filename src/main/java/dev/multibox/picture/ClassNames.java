package dev.multibox.picture;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The names of classes as labels show them. A name with characters that no font here has would be a
 * row of empty boxes; it becomes {@code class 3}.
 *
 * @param names of the labels from 1 on
 * @param replaced the names that were
 */
public record ClassNames(List<String> names, List<String> replaced) {
  public ClassNames {
    names = List.copyOf(names);
    replaced = List.copyOf(replaced);
  }

  /**
   * The names of these categories.
   *
   * @throws IOException if this Java cannot draw text
   */
  public static ClassNames of(List<String> categories) throws IOException {
    List<String> names = new ArrayList<>();
    List<String> replaced = new ArrayList<>();
    for (String category : categories) {
      boolean canDraw = Lettering.canDraw(category);
      names.add(canDraw ? category : "class " + (names.size() + 1));
      if (!canDraw) {
        replaced.add(category);
      }
    }
    return new ClassNames(names, replaced);
  }

  /** The name of a label from 1 on. */
  public String of(int label) {
    return names.get(label - 1);
  }
}
