package dev.multibox.natives;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Asks the dynamic linker of Linux where it finds a library. */
final class DynamicLinker {
  private static final int RTLD_LAZY = 1;

  /** Asks {@code dlinfo} for the {@code link_map}, whose second word is the path. */
  private static final int RTLD_DI_LINKMAP = 2;

  private DynamicLinker() {}

  /**
   * The path of the library that programs get who ask for {@code fileName}, which is loaded to know
   * it; null if there is none, or it cannot be loaded.
   */
  static @Nullable Path find(String fileName) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment handle =
          (MemorySegment)
              call("dlopen", FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_INT))
                  .invoke(arena.allocateFrom(fileName), RTLD_LAZY);
      if (handle.address() == 0) {
        return null;
      }
      MemorySegment map = arena.allocate(ADDRESS);
      int failed =
          (int)
              call("dlinfo", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, ADDRESS))
                  .invoke(handle, RTLD_DI_LINKMAP, map);
      Path path = failed == 0 ? Path.of(name(map.get(ADDRESS, 0))) : null;
      int _ = (int) call("dlclose", FunctionDescriptor.of(JAVA_INT, ADDRESS)).invoke(handle);
      return path;
    } catch (Throwable e) {
      throw new IllegalStateException("dlopen(%s)".formatted(fileName), e);
    }
  }

  @SuppressWarnings("restricted")
  private static MethodHandle call(String name, FunctionDescriptor types) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), types);
  }

  /** {@code struct link_map { ElfW(Addr) l_addr; char *l_name; ... }}. */
  @SuppressWarnings("restricted")
  private static String name(MemorySegment linkMap) {
    MemorySegment text =
        linkMap.reinterpret(2 * ADDRESS.byteSize()).get(ADDRESS, ADDRESS.byteSize());
    return text.reinterpret(Long.MAX_VALUE).getString(0);
  }
}
