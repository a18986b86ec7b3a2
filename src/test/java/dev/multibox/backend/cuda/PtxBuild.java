package dev.multibox.backend.cuda;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Compiles CUDA to the PTX that is committed beside it. A {@code .ptx} begins with a hash of its
 * {@code .cu}, of every {@code .cuh} that includes, and of the compiler's flags: while that agrees,
 * nothing is compiled, so a machine without {@code nvcc} builds as well, and {@link PtxBuildTest}
 * fails where it does not.
 *
 * <p>What {@code nvcc} 13 writes is changed in four ways, so that every driver of CUDA 12 takes it
 * and every machine writes the same:
 *
 * <ul>
 *   <li>the version says 8.0, the oldest that a driver of CUDA 12 is sure to know;
 *   <li>{@code .loc} loses {@code function_name}, on which CUDA 12.0's compiler crashes for sm_90;
 *   <li>the section of strings that only those suffixes name goes too;
 *   <li>{@code .file} names files from the repository's root, and the toolkit's headers alone.
 * </ul>
 *
 * <p>The build runs this file as a program: {@code java PtxBuild.java FOLDER_OF_CU FOLDER_OF_PTX},
 * in the repository's root, any number of pairs.
 */
final class PtxBuild {
  /**
   * Every product and sum is rounded on its own, as Java's are; {@code fmaf} stands where one
   * rounding is meant.
   */
  static final List<String> FLAGS = List.of("-ptx", "-arch=compute_75", "-fmad=false", "-lineinfo");

  private static final String HASH_LINE = "// source sha256: ";
  private static final Pattern INCLUDE =
      Pattern.compile("^\\s*#\\s*include\\s+\"([^\"]+)\"", Pattern.MULTILINE);
  private static final Pattern VERSION =
      Pattern.compile("^\\.version \\d+\\.\\d+$", Pattern.MULTILINE);
  private static final Pattern LOC_SUFFIX =
      Pattern.compile("^(\\s*\\.loc\\s+\\d+ \\d+ \\d+), function_name .*$", Pattern.MULTILINE);
  private static final Pattern FILE =
      Pattern.compile("^(\\s*\\.file\\s+\\d+ )\"([^\"]*)\".*$", Pattern.MULTILINE);
  private static final Pattern STRINGS =
      Pattern.compile("^\\s*\\.section\\s+\\.debug_str\\s*\\{.*?^\\s*}\\s*$", stringsFlags());

  private PtxBuild() {}

  private static int stringsFlags() {
    return Pattern.MULTILINE | Pattern.DOTALL;
  }

  /** Compiles what changed, in each pair of folders. */
  public static void main(String[] folders) throws IOException, InterruptedException {
    for (int i = 0; i + 1 < folders.length; i += 2) {
      Path sources = Path.of(folders[i]);
      Path target = Path.of(folders[i + 1]);
      for (Path source : sources(sources)) {
        Path ptx = ptxOf(sources, source, target);
        if (!isCurrent(source, ptx)) {
          compile(source, ptx);
        }
      }
    }
  }

  /** All {@code .cu} files below a folder, in a fixed order; none where there is no folder. */
  static List<Path> sources(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.toString().endsWith(".cu")).sorted().toList();
    }
  }

  /** Where the PTX of a source lies: the same path below {@code target}. */
  static Path ptxOf(Path sources, Path source, Path target) {
    String name = sources.relativize(source).toString();
    return target.resolve(name.substring(0, name.length() - ".cu".length()) + ".ptx");
  }

  /** Whether {@code ptx} was compiled from {@code source} as it is now. */
  static boolean isCurrent(Path source, Path ptx) throws IOException {
    return Files.isRegularFile(ptx) && Files.readString(ptx).startsWith(HASH_LINE + hash(source));
  }

  /** The hash of a source, of what it includes, and of the flags. */
  static String hash(Path source) throws IOException {
    SortedSet<Path> files = new TreeSet<>();
    collect(source.normalize(), files);
    MessageDigest digest = sha256();
    for (Path file : files) {
      digest.update(file.getFileName().toString().getBytes(StandardCharsets.UTF_8));
      digest.update(Files.readAllBytes(file));
    }
    digest.update(String.join(" ", FLAGS).getBytes(StandardCharsets.UTF_8));
    return HexFormat.of().formatHex(digest.digest());
  }

  private static void collect(Path file, SortedSet<Path> files) throws IOException {
    if (!files.add(file)) {
      return;
    }
    Matcher include = INCLUDE.matcher(Files.readString(file));
    while (include.find()) {
      collect(file.resolveSibling(include.group(1)).normalize(), files);
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void compile(Path source, Path ptx) throws IOException, InterruptedException {
    Path folder = ptx.toAbsolutePath().getParent();
    // Without its folder nvcc 13.0 prints an error and exits with 0.
    Files.createDirectories(folder);
    Path raw = Files.createTempFile(folder, ".nvcc", ".ptx");
    try {
      run(source, raw);
      String text = HASH_LINE + hash(source) + "\n" + portable(Files.readString(raw));
      Files.writeString(raw, text);
      Files.move(raw, ptx, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(raw);
    }
    System.out.println("compiled " + source + " to " + ptx);
  }

  private static void run(Path source, Path out) throws IOException, InterruptedException {
    Process nvcc;
    try {
      nvcc =
          new ProcessBuilder(
                  Stream.of(
                          Stream.of("nvcc"),
                          FLAGS.stream(),
                          Stream.of("-o", out.toString(), source.toString()))
                      .flatMap(words -> words)
                      .toList())
              .inheritIO()
              .start();
    } catch (IOException e) {
      throw new IOException(
          source + ": changed since its PTX was made, and there is no nvcc; install CUDA 13's", e);
    }
    if (nvcc.waitFor() != 0 || Files.size(out) == 0) {
      throw new IOException(source + ": nvcc failed");
    }
  }

  /** PTX of {@code nvcc} 13 as CUDA 12 takes it, the same on every machine. */
  static String portable(String ptx) {
    String text = VERSION.matcher(ptx).replaceFirst(".version 8.0");
    text = LOC_SUFFIX.matcher(text).replaceAll("$1");
    text = STRINGS.matcher(text).replaceAll("");
    text =
        FILE.matcher(text)
            .replaceAll(file ->
                Matcher.quoteReplacement(
                    "%s\"%s\"".formatted(file.group(1), fromRoot(Path.of(file.group(2))))));
    return text.stripTrailing() + "\n";
  }

  private static String fromRoot(Path file) {
    Path root = Path.of("").toAbsolutePath();
    Path absolute = real(file.toAbsolutePath().normalize());
    return absolute.startsWith(real(root))
        ? real(root).relativize(absolute).toString().replace('\\', '/')
        : String.valueOf(file.getFileName());
  }

  private static Path real(Path file) {
    try {
      return Files.exists(file) ? file.toRealPath() : file;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
