package dev.multibox.backend.cpu;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.List;

/**
 * A function of oneDNN that returns a status.
 *
 * @param name without {@code dnnl_}
 * @param handle to be called exactly, from a static final field, where every microsecond counts
 */
@SuppressWarnings("restricted")
record OneDnnFunction(String name, MethodHandle handle) {
  /** {@code dnnl_status_t}, by number. */
  private static final List<String> STATUS =
      List.of(
          "success",
          "out of memory",
          "invalid arguments",
          "unimplemented",
          "last implementation reached",
          "runtime error",
          "not required");

  static OneDnnFunction of(SymbolLookup library, String name, MemoryLayout... arguments) {
    FunctionDescriptor type = FunctionDescriptor.of(JAVA_INT, arguments);
    return new OneDnnFunction(name, downcall(library, "dnnl_" + name, type));
  }

  static MethodHandle downcall(SymbolLookup library, String name, FunctionDescriptor type) {
    return Linker.nativeLinker().downcallHandle(library.findOrThrow(name), type);
  }

  /**
   * Calls it.
   *
   * @throws IllegalStateException naming the function, unless it succeeds
   */
  void call(Object... arguments) {
    try {
      check((int) handle.invokeWithArguments(arguments));
    } catch (Throwable e) {
      throw rethrow(e);
    }
  }

  /**
   * Calls a function that puts the address of a new object where its first argument points, and has
   * {@code destroy} called on it when {@code arena} is closed.
   */
  MemorySegment create(Arena arena, OneDnnFunction destroy, Object... arguments) {
    try (Arena local = Arena.ofConfined()) {
      MemorySegment place = local.allocate(ADDRESS);
      Object[] all = new Object[arguments.length + 1];
      all[0] = place;
      System.arraycopy(arguments, 0, all, 1, arguments.length);
      call(all);
      return place.get(ADDRESS, 0).reinterpret(arena, destroy::call);
    }
  }

  /** Turns a status other than success into an {@link IllegalStateException}. */
  void check(int status) {
    if (status != 0) {
      String meaning = status < STATUS.size() ? STATUS.get(status) : "status " + status;
      throw new IllegalStateException("dnnl_%s: %s".formatted(name, meaning));
    }
  }

  /** What an exact call throws, which can be nothing checked. */
  static RuntimeException rethrow(Throwable e) {
    return switch (e) {
      case RuntimeException exception -> exception;
      case Error error -> throw error;
      default -> new IllegalStateException(e);
    };
  }
}
