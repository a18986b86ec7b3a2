package dev.multibox.natives;

import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The places where CUDA's libraries may lie, in the order in which they are searched: what the user
 * names, what the system is set up with, what is installed in the usual folders, what pip
 * installed, and what is on the class path.
 */
final class CudaPlaces {
  /** The property that names folders, separated like those of a path. */
  static final String PROPERTY = "multibox.cuda.path";

  private final CudaSurroundings here;

  private CudaPlaces(CudaSurroundings here) {
    this.here = here;
  }

  /**
   * All places, the first first.
   *
   * @throws IOException if {@link #PROPERTY} names what is no folder
   */
  static List<LibraryPlace> of(CudaSurroundings here) throws IOException {
    return new CudaPlaces(here).places();
  }

  private List<LibraryPlace> places() throws IOException {
    List<LibraryPlace> places = new ArrayList<>();
    places.add(LibraryPlace.folders("-D" + PROPERTY, named()));
    for (String variable : List.of("CUDA_HOME", "CUDA_PATH")) {
      List<Path> folders = new ArrayList<>();
      for (Path toolkit : split(here.variableOf(variable))) {
        folders.addAll(toolkitFolders(toolkit));
      }
      places.add(LibraryPlace.folders(variable, folders));
    }
    places.add(LibraryPlace.folders("LD_LIBRARY_PATH", split(here.variableOf("LD_LIBRARY_PATH"))));
    places.add(new LinkerPlace(here));
    places.add(LibraryPlace.folders("/usr/local/cuda*", installed()));
    places.add(LibraryPlace.folders("pip's nvidia/*/lib", python()));
    places.add(here.jar());
    return places;
  }

  private List<Path> named() throws IOException {
    List<Path> folders = new ArrayList<>();
    for (Path folder : split(here.propertyOf(PROPERTY))) {
      if (!Files.isDirectory(folder)) {
        throw new IOException("-D%s: %s is no folder".formatted(PROPERTY, folder));
      }
      folders.add(folder);
      folders.addAll(toolkitFolders(folder));
      folders.addAll(matching(folder, "nvidia", "*", "lib"));
      folders.addAll(matching(folder, "*", "lib"));
    }
    return folders;
  }

  private static List<Path> split(String path) {
    List<Path> folders = new ArrayList<>();
    for (String folder : path.split(File.pathSeparator, -1)) {
      if (!folder.isEmpty()) {
        folders.add(Path.of(folder));
      }
    }
    return folders;
  }

  /** Where an installed toolkit has its libraries. */
  private static List<Path> toolkitFolders(Path toolkit) {
    return List.of(
        toolkit.resolve("lib64"),
        toolkit.resolve("lib"),
        toolkit.resolve("targets").resolve("x86_64-linux").resolve("lib"));
  }

  /** {@code cuda}, which is the chosen one of several, then the newest first. */
  private List<Path> installed() throws IOException {
    List<Path> folders = new ArrayList<>();
    for (Path toolkit : matching(here.root().resolve("usr").resolve("local"), "cuda*")) {
      folders.addAll(toolkitFolders(toolkit));
    }
    return folders;
  }

  private List<Path> python() throws IOException {
    List<Path> folders = new ArrayList<>();
    for (Path prefix : pythonPrefixes()) {
      for (String lib : List.of("lib", "lib64")) {
        for (String packages : List.of("site-packages", "dist-packages")) {
          folders.addAll(matching(prefix.resolve(lib), "python3*", packages, "nvidia", "*", "lib"));
        }
      }
    }
    return folders;
  }

  /** Where environments of Python are: the active one, those on the PATH, the user's own. */
  private Set<Path> pythonPrefixes() {
    Set<Path> prefixes = new LinkedHashSet<>();
    prefixes.addAll(split(here.variableOf("VIRTUAL_ENV")));
    prefixes.addAll(split(here.variableOf("CONDA_PREFIX")));
    for (Path bin : split(here.variableOf("PATH"))) {
      Path parent = bin.toAbsolutePath().getParent();
      if (parent != null && Files.exists(bin.resolve("python3"))) {
        prefixes.add(parent);
      }
    }
    for (Path home : split(here.variableOf("HOME"))) {
      prefixes.add(home.resolve(".local"));
    }
    prefixes.add(here.root().resolve("usr").resolve("local"));
    prefixes.add(here.root().resolve("usr"));
    return prefixes;
  }

  /** The folders below {@code start} whose names match one pattern after the other. */
  private static List<Path> matching(Path start, String... patterns) throws IOException {
    List<Path> found = List.of(start);
    for (String pattern : patterns) {
      List<Path> next = new ArrayList<>();
      for (Path folder : found) {
        if (Files.isDirectory(folder)) {
          try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, pattern)) {
            entries.forEach(next::add);
          }
        }
      }
      next.sort(Comparator.comparing(CudaPlaces::numbered).reversed());
      found = next;
    }
    return found;
  }

  /** A key by which a newer version is larger: numbers padded to the same length, none largest. */
  private static String numbered(Path path) {
    StringBuilder key = new StringBuilder();
    String name = String.valueOf(path.getFileName());
    for (String part : name.split("(?<=\\d)(?=\\D)|(?<=\\D)(?=\\d)", -1)) {
      boolean number = !part.isEmpty() && Character.isDigit(part.charAt(0));
      key.append(number ? "%8s".formatted(part) : part);
    }
    return name.equals("cuda") ? "~" : key.toString();
  }

  /** What the dynamic linker finds by itself: its cache and the system's folders. */
  private record LinkerPlace(CudaSurroundings here) implements LibraryPlace {
    @Override
    public String name() {
      return "the dynamic linker";
    }

    @Override
    public @Nullable Path find(String fileName) {
      return here.linker().apply(fileName);
    }
  }
}
