package dev.multibox.weights;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/**
 * The tensors of a model among all those in a file, without what stood before their names.
 *
 * @param tensors by the names their model gives them
 * @param remarks one line on what was left out
 */
record StateDict(SequencedMap<String, StoredTensor> tensors, List<String> remarks) {
  /** Where checkpoints that also hold an optimizer keep the model. */
  private static final List<String> WITHIN = List.of("model.", "state_dict.");

  /** What wrappers for several devices put before every name. */
  private static final List<String> WRAPPERS = List.of("module.1.", "module.");

  static StateDict of(SequencedMap<String, StoredTensor> all) {
    SequencedMap<String, StoredTensor> tensors = all;
    List<String> remarks = new ArrayList<>();
    for (String within : WITHIN) {
      SequencedMap<String, StoredTensor> inside = stripped(tensors, within);
      if (!inside.isEmpty()) {
        if (inside.size() < tensors.size()) {
          remarks.add(
              "%d tensors outside of %s are left out"
                  .formatted(
                      tensors.size() - inside.size(), within.substring(0, within.length() - 1)));
        }
        tensors = inside;
      }
    }
    for (String wrapper : WRAPPERS) {
      SequencedMap<String, StoredTensor> inside = stripped(tensors, wrapper);
      if (inside.size() == tensors.size()) {
        tensors = inside;
      }
    }
    return new StateDict(tensors, remarks);
  }

  private static SequencedMap<String, StoredTensor> stripped(
      SequencedMap<String, StoredTensor> tensors, String prefix) {
    SequencedMap<String, StoredTensor> inside = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> {
      if (name.startsWith(prefix)) {
        inside.put(name.substring(prefix.length()), tensor);
      }
    });
    return inside;
  }
}
