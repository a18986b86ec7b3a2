package dev.multibox.natives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.URL;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LibraryCacheTest {
  private static final int LIBRARY_BYTES = 100_000;

  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rwx------");

  @TempDir Path temporary;

  private final byte[] content = new byte[LIBRARY_BYTES];
  private Path folder = Path.of("");
  private List<URL> libraries = List.of();

  @BeforeEach
  void packALibrary() throws IOException {
    folder = temporary.resolve("cache");
    new Random(1).nextBytes(content);
    libraries = List.of(pack("one.jar", content));
  }

  private URL pack(String jar, byte[] bytes) throws IOException {
    Path file = temporary.resolve(jar);
    try (OutputStream out = Files.newOutputStream(file);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      zip.putNextEntry(new ZipEntry("some/folder/libone.so.3"));
      zip.write(bytes);
      zip.closeEntry();
    }
    return URI.create("jar:" + file.toUri() + "!/some/folder/libone.so.3").toURL();
  }

  private Path unpack() throws IOException {
    return LibraryCache.at(folder).unpack("one", libraries).getFirst();
  }

  @Test
  void unpacksUnderItsOwnNameInAPrivateFolder() throws IOException {
    Path file = unpack();
    assertThat(file).hasFileName("libone.so.3").hasBinaryContent(content);
    if (isPosix()) {
      for (Path made : List.of(folder, file.getParent())) {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(made)))
            .isEqualTo("rwx------");
      }
    }
  }

  @Test
  void keepsAFileThatIsRight() throws IOException {
    Path file = unpack();
    Object first = Files.readAttributes(file, "lastModifiedTime,fileKey");
    assertThat(unpack()).isEqualTo(file);
    assertThat(Files.readAttributes(file, "lastModifiedTime,fileKey")).isEqualTo(first);
  }

  @Test
  void replacesAFileOfOtherContentOfTheSameLength() throws IOException {
    Path file = unpack();
    byte[] planted = content.clone();
    planted[LIBRARY_BYTES / 2] ^= 1;
    Files.write(file, planted);
    assertThat(unpack()).isEqualTo(file).hasBinaryContent(content);
  }

  @Test
  void replacesATruncatedFile() throws IOException {
    Path file = unpack();
    Files.write(file, new byte[17]);
    assertThat(unpack()).isEqualTo(file).hasBinaryContent(content);
  }

  @Test
  void replacesALinkWithoutFollowingIt() throws IOException {
    assumeTrue(isPosix(), "links need privileges on Windows");
    Path file = unpack();
    Path elsewhere = Files.move(file, temporary.resolve("elsewhere"));
    Files.createSymbolicLink(file, elsewhere);
    assertThat(unpack()).isRegularFile().hasBinaryContent(content);
    assertThat(Files.isSymbolicLink(file)).isFalse();
  }

  @Test
  void keepsVersionsApart() throws IOException {
    Path file = unpack();
    byte[] newer = content.clone();
    newer[0] ^= 1;
    libraries = List.of(pack("two.jar", newer));
    assertThat(unpack()).isNotEqualTo(file).hasBinaryContent(newer);
    assertThat(file).hasBinaryContent(content);
  }

  @Test
  void refusesAFolderThatOthersMayEnter() throws IOException {
    assumeTrue(isPosix(), "no permissions to speak of");
    Files.createDirectory(folder);
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
    assertThatIOException()
        .isThrownBy(this::unpack)
        .withMessageContaining("is rwxrwxrwx, so others could plant libraries; run: chmod 700")
        .withMessageNotContaining("\n");
  }

  @Test
  void refusesAPlantedFolderOfThisVersion() throws IOException {
    assumeTrue(isPosix(), "no permissions to speak of");
    Path versioned = unpack().getParent();
    Files.setPosixFilePermissions(versioned, PosixFilePermissions.fromString("rwxrwxr-x"));
    assertThatIOException().isThrownBy(this::unpack).withMessageContaining("is rwxrwxr-x");
  }

  @Test
  void refusesAFolderOfAnotherUser() throws IOException {
    assumeTrue(isPosix() && isRoot(), "only root can give files away");
    Files.createDirectory(folder, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
    Files.setAttribute(folder, "unix:uid", 65534);
    assertThatIOException().isThrownBy(this::unpack).withMessageContaining("belongs to");
  }

  @Test
  void refusesAPathThatIsAFile() throws IOException {
    Files.createFile(folder);
    assertThatIOException().isThrownBy(this::unpack);
  }

  @Test
  void threadsThatUnpackTogetherSeeWholeFilesOnly() throws Exception {
    int threads = 2;
    int rounds = 20;
    CyclicBarrier start = new CyclicBarrier(threads);
    Callable<Path> task =
        () -> {
          start.await();
          Path file = unpack();
          assertThat(file).hasBinaryContent(content);
          return file;
        };
    try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      for (int round = 0; round < rounds; round++) {
        Future<Path> first = pool.submit(task);
        Future<Path> second = pool.submit(task);
        assertThat(first.get()).isEqualTo(second.get());
        try (Stream<Path> left = Files.list(first.get().getParent())) {
          assertThat(left).containsExactly(first.get());
        }
        Files.delete(first.get());
      }
    }
  }

  @Test
  void looksWhereTheSystemKeepsCaches() {
    Path home = temporary.toAbsolutePath();
    assertThat(LibraryCache.defaultFolder(null, home.toString()))
        .isEqualTo(home.resolve(".cache/multibox/natives"));
    assertThat(LibraryCache.defaultFolder(home.resolve("x").toString(), "/nowhere"))
        .isEqualTo(home.resolve("x/multibox/natives"));
    // The XDG specification has relative paths ignored.
    assertThat(LibraryCache.defaultFolder("relative", home.toString()))
        .isEqualTo(home.resolve(".cache/multibox/natives"));
  }

  private static boolean isPosix() {
    return FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
  }

  private boolean isRoot() throws IOException {
    return Files.getAttribute(temporary, "unix:uid").equals(0);
  }
}
