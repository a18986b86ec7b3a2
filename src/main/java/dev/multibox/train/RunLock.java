package dev.multibox.train;

import dev.multibox.weights.FileFailure;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a second process from writing to a run. The lock goes with the process that holds it,
 * however that ends; the file that carries it is deleted when it ends well.
 */
final class RunLock implements AutoCloseable {
  private final Path file;
  private final FileChannel channel;

  private RunLock(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /**
   * Locks a run's folder.
   *
   * @throws IOException if somebody holds it, or the folder cannot be written
   */
  static RunLock take(Path folder) throws IOException {
    Path file = folder.resolve(".lock");
    FileChannel channel;
    try {
      channel = FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE);
    } catch (IOException e) {
      throw FileFailure.writing(file, e);
    }
    if (lock(channel) == null) {
      channel.close();
      throw new IOException(
          "%s: another process is training there; wait until it ends, or end it".formatted(folder));
    }
    return new RunLock(file, channel);
  }

  /** Null if somebody else has it. */
  private static @Nullable FileLock lock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException _) {
      return null;
    }
  }

  @Override
  public void close() throws IOException {
    Files.deleteIfExists(file);
    channel.close();
  }
}
