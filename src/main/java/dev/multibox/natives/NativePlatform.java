package dev.multibox.natives;

import java.util.Locale;

/**
 * A system that native libraries are built for, in the words of Bytedeco's jars.
 *
 * @param os {@code linux}, {@code macosx} or {@code windows}; any other system under its own name
 * @param arch {@code x86_64} or {@code arm64}; any other processor under its own name
 */
public record NativePlatform(String os, String arch) {
  /** The system this process runs on. */
  public static NativePlatform current() {
    return of(System.getProperty("os.name"), System.getProperty("os.arch"));
  }

  /** The system that Java calls {@code osName} and {@code osArch}. */
  static NativePlatform of(String osName, String osArch) {
    String name = osName.toLowerCase(Locale.ROOT);
    String os = name.startsWith("mac") ? "macosx" : name.startsWith("windows") ? "windows" : name;
    String arch =
        switch (osArch.toLowerCase(Locale.ROOT)) {
          case "amd64", "x86_64" -> "x86_64";
          case "aarch64", "arm64" -> "arm64";
          case String other -> other;
        };
    return new NativePlatform(os, arch);
  }

  /** For example {@code linux-x86_64}: the classifier of a jar and the folder inside it. */
  public String classifier() {
    return os + "-" + arch;
  }
}
