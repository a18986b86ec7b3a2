package dev.multibox.backend;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Set;
import java.util.TreeSet;

/** All ops there are. */
final class Ops {
  /** What families do besides: it computes nothing. */
  private static final Set<String> NOT_OPS = Set.of("ImageKernels.expect");

  private Ops() {}

  /** By family and method, as {@code LossKernels.softmax}. */
  static Set<String> all() {
    Set<String> ops = new TreeSet<>();
    for (Method accessor : Backend.class.getMethods()) {
      Class<?> family = accessor.getReturnType();
      for (Method op : family.getDeclaredMethods()) {
        if (family.getSimpleName().endsWith("Kernels") && Modifier.isPublic(op.getModifiers())) {
          ops.add(family.getSimpleName() + "." + op.getName());
        }
      }
    }
    ops.removeAll(NOT_OPS);
    return ops;
  }
}
