package dev.multibox.weights;

import dev.multibox.model.HeadForm;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the names of heads' parameters say of their rows, which depend on the number of classes. */
final class HeadNames {
  /** The offsets of a box. */
  static final int COORDINATES = 4;

  /** A head that is one convolution: rows of logits, then of offsets. */
  private static final Pattern JOINT = Pattern.compile("heads\\.(\\d+)\\.(weight|bias)");

  /** The part of a separable head that gives logits alone. */
  private static final Pattern LOGITS =
      Pattern.compile("heads\\.(\\d+)\\.logits\\.project\\.(weight|bias)");

  private HeadNames() {}

  /** Whether rows of this parameter give logits. */
  static boolean givesLogits(String name) {
    return JOINT.matcher(name).matches() || LOGITS.matcher(name).matches();
  }

  /** The rows for each prior besides those of its logits. */
  static int boxRows(String name) {
    return JOINT.matcher(name).matches() ? COORDINATES : 0;
  }

  /** The map that the head with this parameter, which gives logits, looks at; 0 is the finest. */
  static int level(String name) {
    for (Pattern pattern : new Pattern[] {JOINT, LOGITS}) {
      Matcher matcher = pattern.matcher(name);
      if (matcher.matches()) {
        return Integer.parseInt(matcher.group(1));
      }
    }
    throw new IllegalArgumentException("%s: is no parameter that gives logits".formatted(name));
  }

  /** The bias of the finest map's logits. */
  static String firstBias(HeadForm form) {
    return switch (form) {
      case CONVOLUTION -> "heads.0.bias";
      case SEPARABLE -> "heads.0.logits.project.bias";
    };
  }
}
