package dev.multibox.natives;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.net.URL;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * oneDNN and the OpenMP runtime that it computes with, loaded into this process.
 *
 * @param oneDnn the functions {@code dnnl_*}
 * @param openMp the functions {@code omp_*}
 */
public record OneDnnLibrary(SymbolLookup oneDnn, SymbolLookup openMp) {
  private static final Set<String> PUBLISHED =
      Set.of("linux-x86_64", "linux-arm64", "macosx-x86_64", "macosx-arm64", "windows-x86_64");

  private static final String SPIN_COUNT = "20000";

  private static @Nullable OneDnnLibrary loaded;

  /** Whether there is a build of oneDNN for {@code platform}. */
  public static boolean isPublishedFor(NativePlatform platform) {
    return PUBLISHED.contains(platform.classifier());
  }

  /**
   * Loads the libraries from the jar of oneDNN on the class path; only the first call does.
   *
   * @throws IOException if there is no such jar for this system, or its libraries cannot be
   *     unpacked or loaded
   */
  public static synchronized OneDnnLibrary load() throws IOException {
    OneDnnLibrary library = loaded;
    if (library == null) {
      library = load(NativePlatform.current());
      loaded = library;
    }
    return library;
  }

  private static OneDnnLibrary load(NativePlatform platform) throws IOException {
    if (!isPublishedFor(platform)) {
      throw new IOException("oneDNN: not published for %s".formatted(platform.classifier()));
    }
    List<URL> resources = new ArrayList<>();
    for (String name : fileNames(platform)) {
      resources.add(resource(platform, name));
    }
    List<Path> files = LibraryCache.open().unpack("onednn", resources);
    waitBriefly(platform);
    // The runtime first: oneDNN then finds it by its name among what is loaded, not on the system.
    List<SymbolLookup> lookups = new ArrayList<>();
    for (Path file : files) {
      lookups.add(lookup(file.toString()));
    }
    SymbolLookup openMp =
        platform.os().equals("windows") ? lookup("vcomp140.dll") : lookups.getFirst();
    return new OneDnnLibrary(lookups.getLast(), openMp);
  }

  /** The libraries in the jar in the order they must be loaded, oneDNN last. */
  private static List<String> fileNames(NativePlatform platform) {
    return switch (platform.os()) {
      case "macosx" -> List.of("libomp.dylib", "libdnnl.3.dylib");
      case "windows" -> List.of("dnnl.dll");
      default -> List.of("libgomp.so.1", "libdnnl.so.3");
    };
  }

  private static URL resource(NativePlatform platform, String name) throws IOException {
    String path = "/org/bytedeco/dnnl/%s/%s".formatted(platform.classifier(), name);
    URL url = OneDnnLibrary.class.getResource(path);
    if (url == null) {
      throw new IOException(
          "oneDNN: %s is not on the class path; add the jar org.bytedeco:dnnl with classifier %s"
              .formatted(path.substring(1), platform.classifier()));
    }
    return url;
  }

  @SuppressWarnings("restricted")
  private static SymbolLookup lookup(String library) throws IOException {
    try {
      return SymbolLookup.libraryLookup(library, Arena.global());
    } catch (IllegalArgumentException e) {
      throw new IOException(
          ("%s: cannot be loaded (%s); if its folder may not hold executables, name another:"
                  + " MULTIBOX_JAVA_OPTIONS=-Dmultibox.natives.dir=FOLDER")
              .formatted(library, e.getMessage()),
          e);
    }
  }

  /**
   * Lets OpenMP's threads look for the next loop for about a millisecond before they sleep: longer
   * than what stands between two kernels of a step, shorter than what a user would notice. What the
   * user has set stays. The runtime reads this once, when it is loaded.
   */
  @SuppressWarnings("restricted")
  private static void waitBriefly(NativePlatform platform) {
    if (platform.os().equals("windows") || System.getenv("OMP_WAIT_POLICY") != null) {
      return;
    }
    Linker linker = Linker.nativeLinker();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment name = arena.allocateFrom("GOMP_SPINCOUNT");
      MemorySegment value = arena.allocateFrom(SPIN_COUNT);
      int keepExisting = 0;
      linker
          .downcallHandle(
              linker.defaultLookup().findOrThrow("setenv"),
              FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_INT))
          .invokeWithArguments(name, value, keepExisting);
    } catch (Throwable e) {
      throw new IllegalStateException("setenv", e);
    }
  }
}
