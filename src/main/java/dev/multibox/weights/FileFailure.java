package dev.multibox.weights;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What the file system refused, as one line that names the file and what to do: Java's own messages
 * may name a temporary file, or none, as where the disk is full.
 */
public final class FileFailure {
  private static final String REMEDY = "free space on its disk, or make its folder writable";

  private FileFailure() {}

  /** {@code file} could not be written. */
  public static IOException writing(Path file, IOException cause) {
    return new IOException(
        "%s: could not be written (%s); %s".formatted(file, reason(cause), REMEDY), cause);
  }

  /** Why, without a file's name, for example {@code No space left on device}. */
  public static String reason(IOException cause) {
    return switch (cause) {
      case NoSuchFileException _ -> "no such file or folder";
      case AccessDeniedException _ -> "permission denied";
      case NotDirectoryException _, FileAlreadyExistsException _ -> "a file is in the way";
      case FileSystemException named -> orName(named.getReason(), cause);
      default -> orName(cause.getMessage(), cause);
    };
  }

  private static String orName(@Nullable String text, IOException cause) {
    return text == null ? cause.getClass().getSimpleName() : text;
  }
}
