package dev.multibox.natives;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One of CUDA's libraries in this process, with the functions that will be called in it. Whoever is
 * loaded later and needs it by its name gets this one.
 */
final class CudaLibrary {
  private final CudaFinding finding;
  private final SymbolLookup functions;

  private CudaLibrary(CudaFinding finding, SymbolLookup functions) {
    this.finding = finding;
    this.functions = functions;
  }

  /**
   * Loads what was found, its parts first, if it is usable and has these functions. The first call
   * of one that is not there would end the process.
   */
  static CudaLibrary load(CudaFinding found, List<String> called) {
    Path file = found.file();
    if (!found.isUsable() || file == null) {
      return new CudaLibrary(found, _ -> Optional.empty());
    }
    try {
      for (Path part : found.parts()) {
        lookup(part);
      }
      SymbolLookup functions = lookup(file);
      List<String> absent = new ArrayList<>(called);
      absent.removeIf(name -> functions.find(name).isPresent());
      return new CudaLibrary(absent.isEmpty() ? found : tooOld(found, absent), functions);
    } catch (UnsatisfiedLinkError e) {
      // The linker's words name the file that it did not find or could not read.
      return new CudaLibrary(
          found.spoiled("%s cannot be loaded: %s".formatted(file, e.getMessage()), ""),
          _ -> Optional.empty());
    }
  }

  private static CudaFinding tooOld(CudaFinding found, List<String> absent) {
    return found.spoiled(
        "%s lacks %s%s"
            .formatted(
                found.file(),
                absent.getFirst(),
                absent.size() == 1 ? "" : " and %d more functions".formatted(absent.size() - 1)),
        "update it");
  }

  /** Loads by the JVM's own call, which says why it fails, as the lookup does not. */
  @SuppressWarnings("restricted")
  private static SymbolLookup lookup(Path library) {
    System.load(library.toAbsolutePath().toString());
    return SymbolLookup.libraryLookup(library, Arena.global());
  }

  CudaFinding finding() {
    return finding;
  }

  boolean isUsable() {
    return finding.isUsable();
  }

  /** This library, which cannot be used after all. */
  CudaLibrary spoiled(String why, String remedy) {
    return new CudaLibrary(finding.spoiled(why, remedy), functions);
  }

  /** What {@code size_t function(void)} returns. */
  @SuppressWarnings("restricted")
  long call(String function) {
    try {
      return (long)
          Linker.nativeLinker()
              .downcallHandle(functions.findOrThrow(function), FunctionDescriptor.of(JAVA_LONG))
              .invokeExact();
    } catch (Throwable e) {
      throw new IllegalStateException(function, e);
    }
  }
}
