package dev.multibox.weights;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * What a pickle holds, as a flat list: keys of nested dictionaries, and positions in lists and
 * tuples, joined with dots.
 */
final class PickledTree {
  /** Far deeper than a checkpoint; a value that holds itself goes deeper than any. */
  private static final int MAX_DEPTH = 64;

  /** What is written once may be referred to again and again: so much is kept, and no more. */
  private static final int MAX_CHARACTERS = 16_000_000;

  /** What an entry costs besides its characters. */
  private static final int ENTRY_CHARACTERS = 32;

  private final Path path;
  private final SequencedMap<String, Pickled.Tensor> tensors = new LinkedHashMap<>();
  private final SequencedMap<String, String> texts = new LinkedHashMap<>();
  private long characters;

  private PickledTree(Path path) {
    this.path = path;
  }

  /**
   * Flattens {@code root}.
   *
   * @param path the file, for messages
   * @throws IOException if two values come to the same name, or one holds itself
   */
  static PickledTree of(Path path, Pickled root) throws IOException {
    PickledTree tree = new PickledTree(path);
    tree.visit("", root, 0);
    return tree;
  }

  /** The tensors by name, in the order of the pickle. */
  SequencedMap<String, Pickled.Tensor> tensors() {
    return tensors;
  }

  /** Numbers and texts by name, as {@link Pickled.Scalar#text}. */
  SequencedMap<String, String> texts() {
    return texts;
  }

  private void visit(String name, Pickled value, int depth) throws IOException {
    if (depth > MAX_DEPTH) {
      throw Refusal.damaged(
          path, "nests more than %d deep, as at %s", MAX_DEPTH, Refusal.quoted(name));
    }
    spend(name.length() + ENTRY_CHARACTERS);
    switch (value) {
      case Pickled.Dict(SequencedMap<String, Pickled> entries, _) -> {
        for (Map.Entry<String, Pickled> entry : entries.entrySet()) {
          visit(join(name, entry.getKey()), entry.getValue(), depth + 1);
        }
      }
      case Pickled.Items(List<Pickled> values) -> visitAll(name, values, depth + 1);
      case Pickled.Tuple(List<Pickled> values) -> visitAll(name, values, depth + 1);
      case Pickled.Tensor tensor -> keep(tensors, name, tensor);
      case Pickled.Scalar scalar -> {
        String text = scalar.text();
        spend(text.length());
        keep(texts, name, text);
      }
      case Pickled.Storage _, Pickled.StorageClass _, Pickled.Callable _ ->
          throw Refusal.of(
              path,
              "holds at %s neither a tensor nor a setting".formatted(Refusal.quoted(name)),
              "save the model's state_dict() alone");
    }
  }

  private void visitAll(String name, List<Pickled> values, int depth) throws IOException {
    for (int i = 0; i < values.size(); i++) {
      visit(join(name, Integer.toString(i)), values.get(i), depth);
    }
  }

  private static String join(String name, String key) {
    return name.isEmpty() ? key : name + "." + key;
  }

  private void spend(int more) throws IOException {
    characters += more;
    if (characters > MAX_CHARACTERS) {
      throw Refusal.of(
          path,
          "has more names and settings than the %d characters that are kept"
              .formatted(MAX_CHARACTERS),
          "save the model's state_dict() alone");
    }
  }

  private <T> void keep(Map<String, T> values, String name, T value) throws IOException {
    if (values.putIfAbsent(name, value) != null) {
      throw Refusal.of(
          path,
          "has two values that come to the name %s".formatted(Refusal.quoted(name)),
          "rename one");
    }
  }
}
