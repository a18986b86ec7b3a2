package dev.multibox.natives;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import org.jspecify.annotations.Nullable;

/**
 * A folder of native libraries unpacked from jars.
 *
 * <p>It is {@code -Dmultibox.natives.dir} if that is set, else {@code multibox/natives} in {@code
 * $XDG_CACHE_HOME} or {@code ~/.cache}; where there is no home or that cannot be written, a fresh
 * temporary folder that is deleted when the process ends.
 *
 * <p>The folder belongs to this user and nobody else may enter it, or it is refused. A file is
 * written under a temporary name and renamed when it is complete, so that processes can unpack the
 * same library at the same time; a file that is already there is used only if its size and its
 * CRC-32 are those in the jar, and replaced otherwise.
 */
public final class LibraryCache {
  private final Path folder;
  private final boolean temporary;

  private LibraryCache(Path folder, boolean temporary) {
    this.folder = folder;
    this.temporary = temporary;
  }

  /**
   * The cache of this user.
   *
   * @throws IOException if the folder is open to others, or {@code -Dmultibox.natives.dir} cannot
   *     be written
   */
  public static LibraryCache open() throws IOException {
    String chosen = System.getProperty("multibox.natives.dir", "");
    if (!chosen.isEmpty()) {
      return at(Path.of(chosen));
    }
    Path folder = defaultFolder(System.getenv("XDG_CACHE_HOME"), System.getProperty("user.home"));
    // The home of a user whom the system does not know is "?".
    if (!folder.isAbsolute()) {
      return besides(folder);
    }
    try {
      PrivateFolder.create(folder);
    } catch (IOException _) {
      // Documented: a home that cannot be written costs unpacking at every start, nothing else.
      return besides(folder);
    }
    return at(folder);
  }

  private static LibraryCache besides(Path folder) throws IOException {
    try {
      Path fresh = Files.createTempDirectory("multibox-natives-");
      fresh.toFile().deleteOnExit();
      return new LibraryCache(fresh, true);
    } catch (IOException e) {
      throw new IOException(
          ("native libraries: may be unpacked neither to %s nor to %s; name another folder:"
                  + " MULTIBOX_JAVA_OPTIONS=-Dmultibox.natives.dir=FOLDER")
              .formatted(folder, System.getProperty("java.io.tmpdir")),
          e);
    }
  }

  /**
   * A cache in {@code folder}, which is created if it does not exist.
   *
   * @throws IOException if it cannot be written or is open to others
   */
  static LibraryCache at(Path folder) throws IOException {
    PrivateFolder.create(folder);
    Path real = folder.toRealPath();
    PrivateFolder.check(real);
    return new LibraryCache(real, false);
  }

  static Path defaultFolder(@Nullable String cacheHome, String userHome) {
    boolean named = cacheHome != null && Path.of(cacheHome).isAbsolute();
    Path parent = named ? Path.of(cacheHome) : Path.of(userHome, ".cache");
    return parent.resolve("multibox").resolve("natives");
  }

  /**
   * Files with the content and the names of {@code libraries}, side by side in a folder whose name
   * starts with {@code name} and holds every CRC-32, so that versions never mix.
   *
   * @throws IOException if a library cannot be read or written
   */
  List<Path> unpack(String name, List<URL> libraries) throws IOException {
    StringBuilder versioned = new StringBuilder(name);
    List<JarContent> contents = new ArrayList<>();
    for (URL library : libraries) {
      JarContent content = JarContent.of(library);
      contents.add(content);
      versioned.append('-').append("%08x".formatted(content.crc()));
    }
    Path target = folder.resolve(versioned.toString());
    PrivateFolder.create(target);
    PrivateFolder.check(target);
    if (temporary) {
      target.toFile().deleteOnExit();
    }
    List<Path> files = new ArrayList<>();
    for (JarContent content : contents) {
      Path file = target.resolve(content.fileName());
      if (!holds(file, content)) {
        write(content, file);
      }
      if (temporary) {
        file.toFile().deleteOnExit();
      }
      files.add(file);
    }
    return files;
  }

  /**
   * A new, empty folder that nobody else may enter, for what cannot be kept from one process to the
   * next; whoever asks for it deletes it.
   */
  Path freshFolder(String name) throws IOException {
    return Files.createTempDirectory(folder, name + "-");
  }

  private static boolean holds(Path file, JarContent content) throws IOException {
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
        || Files.size(file) != content.size()) {
      return false;
    }
    try (CheckedInputStream in = new CheckedInputStream(Files.newInputStream(file), new CRC32())) {
      in.transferTo(OutputStream.nullOutputStream());
      return in.getChecksum().getValue() == content.crc();
    }
  }

  private static void write(JarContent content, Path file) throws IOException {
    Path part = Files.createTempFile(file.getParent(), content.fileName(), ".part");
    try {
      try (InputStream in = content.url().openStream()) {
        Files.copy(in, part, StandardCopyOption.REPLACE_EXISTING);
      }
      if (!holds(part, content)) {
        throw new IOException("%s: differs from what its jar says of it".formatted(content.url()));
      }
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(part);
    }
  }
}
