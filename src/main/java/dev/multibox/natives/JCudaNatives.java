package dev.multibox.natives;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * Has JCuda's classes load the native halves that come in their jars.
 *
 * <p>JCuda unpacks a library to {@code java.io.tmpdir} under a fixed name, unless a file of that
 * name lies there already: then it loads that, whoever put it there. So each class is initialised
 * while the property names a fresh folder that only this user may enter.
 */
public final class JCudaNatives {
  private static final String TEMPORARY = "java.io.tmpdir";

  /** JCublas is built for CUDA 12 and names it. */
  private static final String JCUBLAS = "libJCublas2-12.6.0-linux-x86_64.so";

  private static final String CUBLAS_12 = "libcublas.so.12";
  private static final String CUBLAS_13 = "libcublas.so.13";

  private JCudaNatives() {}

  /**
   * Initialises {@code jcuda.driver.JCudaDriver}, whose natives need {@code libcuda.so.1}.
   *
   * @throws IOException if its natives cannot be unpacked or loaded
   */
  public static void loadDriver() throws IOException {
    load("jcuda.driver.JCudaDriver", Map.of());
  }

  /** Initialises {@code jcuda.jcudnn.JCudnn}, whose natives need {@code libcudnn.so.9}. */
  public static void loadCudnn() throws IOException {
    load("jcuda.jcudnn.JCudnn", Map.of());
  }

  /**
   * Initialises {@code jcuda.jcublas.JCublas2} with natives that need cuBLAS of this CUDA: those of
   * the jar for 12, rewritten for 13.
   */
  public static void loadCublas(int cudaVersion) throws IOException {
    String name = "jcuda.jcublas.JCublas2";
    load(name, cudaVersion == 13 ? Map.of(JCUBLAS, jcublasForCuda13()) : Map.of());
  }

  static byte[] jcublasForCuda13() throws IOException {
    try (InputStream in = JCudaNatives.class.getResourceAsStream("/lib/" + JCUBLAS)) {
      if (in == null) {
        throw new IOException("JCuda: %s is not on the class path".formatted(JCUBLAS));
      }
      return ElfLibrary.of(JCUBLAS, in.readAllBytes()).withNeeded(CUBLAS_12, CUBLAS_13);
    }
  }

  /**
   * Initialises a class of JCuda that loads a native library.
   *
   * @throws IOException if the library cannot be unpacked or loaded
   */
  public static void load(String className) throws IOException {
    load(className, Map.of());
  }

  /** {@code prepared} are libraries by file name to load in place of those in the jar. */
  private static synchronized void load(String className, Map<String, byte[]> prepared)
      throws IOException {
    Path folder = LibraryCache.open().freshFolder("jcuda");
    String before = System.getProperty(TEMPORARY);
    try {
      for (Map.Entry<String, byte[]> library : prepared.entrySet()) {
        Files.write(folder.resolve(library.getKey()), library.getValue());
      }
      System.setProperty(TEMPORARY, folder.toString());
      Class.forName(className, true, JCudaNatives.class.getClassLoader());
    } catch (ClassNotFoundException | LinkageError e) {
      throw new IOException(
          "JCuda: %s cannot be loaded: %s".formatted(className, firstCause(e)), e);
    } finally {
      System.setProperty(TEMPORARY, before);
      delete(folder);
    }
  }

  /** JCuda's message is a page of stack traces; the linker's words are in one of its lines. */
  private static String firstCause(Throwable e) {
    String message = String.valueOf(e.getMessage());
    return message
        .lines()
        .filter(line -> line.startsWith("java.lang.UnsatisfiedLinkError"))
        .reduce((_, last) -> last)
        .orElseGet(() -> message.lines().findFirst().orElse(e.toString()));
  }

  /** What is loaded stays loaded without its file, but not on Windows, which keeps the file. */
  private static void delete(Path folder) throws IOException {
    boolean windows = NativePlatform.current().os().equals("windows");
    if (windows) {
      folder.toFile().deleteOnExit();
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        if (windows) {
          file.toFile().deleteOnExit();
        } else {
          Files.delete(file);
        }
      }
    }
    if (!windows) {
      Files.delete(folder);
    }
  }
}
