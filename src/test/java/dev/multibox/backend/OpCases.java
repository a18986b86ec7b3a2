package dev.multibox.backend;

import dev.multibox.tensor.Shape;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Calls of ops, each with the shapes of its main input to try it on. */
final class OpCases {
  /** Calls an op on a main input of this shape. */
  @FunctionalInterface
  interface Body {
    void run(HalfRun run, Shape shape);
  }

  /** A call, and the shapes to try. */
  record Case(List<Shape> shapes, Body body) {}

  private final Map<String, Case> cases = new LinkedHashMap<>();

  /** Adds a call of an op, which its family and method name: {@code LossKernels.softmax}. */
  void add(String op, List<Shape> shapes, Body body) {
    cases.put(op, new Case(shapes, body));
  }

  /** The cases by op. */
  Map<String, Case> all() {
    return cases;
  }
}
