package dev.multibox.cli;

import dev.multibox.data.UnreadableImageException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** Messages of exceptions as one line a user can do something with. */
final class FileErrors {
  private FileErrors() {}

  /** The message of {@code e}; where Java's says a path and no more, what is wrong with it. */
  static String oneLine(Exception e) {
    String message =
        switch (e) {
          case UnreadableImageException image when image.getCause() instanceof IOException cause ->
              oneLine(cause);
          case NoSuchFileException missing -> missing.getFile() + ": there is no such file";
          case AccessDeniedException denied -> denied.getFile() + ": may not be read or written";
          case FileSystemException other when other.getReason() == null ->
              "%s: %s".formatted(other.getFile(), other.getClass().getSimpleName());
          default -> e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
        };
    return oneLine(message);
  }

  /** A message's lines as one. */
  static String oneLine(String message) {
    return message.strip().replaceAll("\\s*\\R\\s*", " ");
  }
}
