package dev.multibox.backend.cuda.sim.ptx;

import java.util.List;

/** A line in the body of a function. */
public sealed interface Statement permits PtxInstruction, Statement.Label, Statement.Targets {
  /** A place to jump to. */
  record Label(String name) implements Statement {}

  /** A table of labels for {@code brx.idx}, or of functions for an indirect call. */
  record Targets(String name, List<String> labels) implements Statement {}
}
