package dev.multibox.backend.cuda.cudnn;

import dev.multibox.backend.ConvolutionCall;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Remembers from one process to the next which plan was fastest, in a text file for each GPU and
 * each version of cuDNN: a line is a call, how it is computed, and the name of the plan.
 *
 * <p>It is only a cache: without a folder that can be written nothing is remembered, and a line
 * that cannot be read, or that names a plan there is not, counts as none.
 */
public final class PlanCache {
  private static final String SEPARATOR = " = ";

  private final @Nullable Path file;
  private final Map<String, String> names = new LinkedHashMap<>();

  private PlanCache(@Nullable Path file) {
    this.file = file;
  }

  /** One that remembers nothing. */
  public static PlanCache none() {
    return new PlanCache(null);
  }

  /**
   * The cache of this user: in {@code -Dmultibox.plans.dir}, or {@code multibox/plans} in {@code
   * $XDG_CACHE_HOME} or {@code ~/.cache}.
   *
   * @param gpu the GPU, for example {@code NVIDIA H200}
   * @param version of cuDNN, for example 92400
   */
  public static PlanCache open(String gpu, long version) {
    String chosen = System.getProperty("multibox.plans.dir", "");
    String cache = System.getenv("XDG_CACHE_HOME");
    Path parent =
        cache != null && Path.of(cache).isAbsolute()
            ? Path.of(cache)
            : Path.of(System.getProperty("user.home"), ".cache");
    return at(
        chosen.isEmpty() ? parent.resolve("multibox").resolve("plans") : Path.of(chosen),
        gpu,
        version);
  }

  static PlanCache at(Path folder, String gpu, long version) {
    String name =
        String.format(Locale.ROOT, "%s-cudnn%d.txt", gpu.replaceAll("[^A-Za-z0-9]+", "-"), version);
    PlanCache cache = new PlanCache(folder.resolve(name));
    cache.read();
    return cache;
  }

  private void read() {
    if (file == null || !Files.isRegularFile(file)) {
      return;
    }
    try {
      for (String line : Files.readAllLines(file)) {
        int separator = line.indexOf(SEPARATOR);
        if (separator > 0) {
          names.put(line.substring(0, separator), line.substring(separator + SEPARATOR.length()));
        }
      }
    } catch (IOException _) {
      // Documented: what cannot be read is planned again.
      names.clear();
    }
  }

  /** The name of the plan that was chosen for a call; null if none is remembered. */
  @Nullable String find(ConvolutionCall call, MathPolicy policy) {
    return names.get(key(call, policy));
  }

  /** Remembers a choice, which is written at once: the process may be ended at any time. */
  void remember(ConvolutionCall call, MathPolicy policy, String name) {
    String before = names.put(key(call, policy), name);
    if (file != null && !name.equals(before)) {
      write(file);
    }
  }

  private static String key(ConvolutionCall call, MathPolicy policy) {
    return call.label() + " " + policy.name().toLowerCase(Locale.ROOT);
  }

  private void write(Path target) {
    StringBuilder text = new StringBuilder();
    new TreeMap<>(names)
        .forEach((key, name) -> text.append(key).append(SEPARATOR).append(name).append('\n'));
    try {
      Files.createDirectories(target.getParent());
      Path part = Files.createTempFile(target.getParent(), "plans", ".part");
      Files.writeString(part, text);
      Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException _) {
      // Documented: what cannot be written is planned again by the next process.
      return;
    }
  }
}
