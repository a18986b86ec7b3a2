package dev.multibox.natives;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.Set;

/**
 * Folders that only this user may enter. Where files have no POSIX permissions (Windows), a user's
 * profile is private by itself and nothing is checked.
 */
final class PrivateFolder {
  private static final boolean POSIX =
      FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rwx------");

  private PrivateFolder() {}

  /**
   * Creates {@code folder}, open to nobody else, and what leads to it; does nothing if it exists.
   *
   * @throws IOException if it cannot be created or no file can be made in it
   */
  static void create(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      FileAttribute<?>[] attributes =
          POSIX
              ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(OWNER_ONLY)}
              : new FileAttribute<?>[0];
      Files.createDirectories(folder, attributes);
    }
    Files.delete(probe(folder));
  }

  /**
   * Refuses a folder that is a link, belongs to another user, or that others may enter.
   *
   * @throws IOException in these cases, naming the remedy
   */
  static void check(Path folder) throws IOException {
    if (!POSIX) {
      return;
    }
    PosixFileAttributes found =
        Files.readAttributes(folder, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    if (!found.isDirectory()) {
      throw new IOException("%s: not a folder; remove it".formatted(folder));
    }
    Path probe = probe(folder);
    UserPrincipal user = Files.getOwner(probe);
    Files.delete(probe);
    if (!found.owner().equals(user)) {
      throw new IOException(
          ("%s: belongs to %s, not to %s; name another:"
                  + " MULTIBOX_JAVA_OPTIONS=-Dmultibox.natives.dir=FOLDER")
              .formatted(folder, found.owner(), user));
    }
    if (!found.permissions().equals(OWNER_ONLY)) {
      throw new IOException(
          "%s: is %s, so others could plant libraries; run: chmod 700 '%s'"
              .formatted(folder, PosixFilePermissions.toString(found.permissions()), folder));
    }
  }

  /** A new, empty file, which shows that the folder can be written and who writes. */
  private static Path probe(Path folder) throws IOException {
    return Files.createTempFile(folder, "probe", ".part");
  }
}
