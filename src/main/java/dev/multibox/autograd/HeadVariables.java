package dev.multibox.autograd;

import dev.multibox.backend.HeadLayout;
import dev.multibox.backend.HeadOutputs;
import java.util.List;

/**
 * Head outputs on the tape.
 *
 * @param levels for each level {@code [N, H, W, channels]}
 * @param layouts how to read each
 */
public record HeadVariables(List<Variable> levels, List<HeadLayout> layouts) {
  public HeadVariables {
    levels = List.copyOf(levels);
    layouts = List.copyOf(layouts);
  }

  /** The tensors alone. */
  public HeadOutputs values() {
    return new HeadOutputs(levels.stream().map(Variable::value).toList(), layouts);
  }
}
