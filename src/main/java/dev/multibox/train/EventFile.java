package dev.multibox.train;

import dev.multibox.weights.FileFailure;
import dev.multibox.weights.ProtobufMessage;
import dev.multibox.weights.WholeFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Instant;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * A file of numbers that TensorBoard shows: a sequence of records, each an {@code Event} message of
 * protocol buffers ({@code tensorflow/core/util/event.proto} and {@code framework/summary.proto}).
 * A run that is resumed begins another file; TensorBoard reads them in the order of their names.
 */
final class EventFile implements AutoCloseable {
  // Field numbers of Event.
  private static final int WALL_TIME = 1;
  private static final int STEP = 2;
  private static final int FILE_VERSION = 3;
  private static final int SUMMARY = 5;
  private static final int SESSION_LOG = 7;

  // Of Summary, Summary.Value and SessionLog.
  private static final int VALUE = 1;
  private static final int TAG = 1;
  private static final int SIMPLE_VALUE = 2;
  private static final int STATUS = 1;

  private static final String VERSION = "brain.Event:2";

  /** {@code SessionLog.START}. */
  private static final int START = 1;

  /** What TensorFlow adds to a rotated checksum, so that one of a checksum is no weaker. */
  private static final int MASK = 0xA282EAD8;

  private final Path path;
  private final FileChannel channel;
  private final Clock clock;

  private EventFile(Path path, FileChannel channel, Clock clock) {
    this.path = path;
    this.channel = channel;
    this.clock = clock;
  }

  /**
   * Begins a file in {@code folder}, named after the time.
   *
   * @param firstStep the step that comes next: what earlier files say of it, and of any after it,
   *     TensorBoard forgets
   */
  static EventFile create(Path folder, long firstStep, Clock clock) throws IOException {
    EventFile file = open(folder, clock);
    file.append(file.event(0).text(FILE_VERSION, VERSION));
    ProtobufMessage start = new ProtobufMessage().integer(STATUS, START);
    file.append(file.event(firstStep).message(SESSION_LOG, start));
    return file;
  }

  private static EventFile open(Path folder, Clock clock) throws IOException {
    String name =
        "events.out.tfevents.%010d.multibox.%d"
            .formatted(clock.instant().getEpochSecond(), ProcessHandle.current().pid());
    for (int number = 0; ; number++) {
      Path path = folder.resolve(name + "." + number);
      try {
        return new EventFile(
            path,
            FileChannel.open(path, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW),
            clock);
      } catch (FileAlreadyExistsException _) {
        // Begun within the same second: take the next number.
      } catch (IOException e) {
        throw FileFailure.writing(path, e);
      }
    }
  }

  /** Appends the values of a step, by their tags; a slash in a tag groups them. */
  void scalars(long step, Map<String, Double> values) throws IOException {
    ProtobufMessage summary = new ProtobufMessage();
    values.forEach((tag, value) ->
        summary.message(
            VALUE, new ProtobufMessage().text(TAG, tag).float32(SIMPLE_VALUE, value.floatValue())));
    append(event(step).message(SUMMARY, summary));
  }

  private ProtobufMessage event(long step) {
    Instant now = clock.instant();
    double seconds = now.getEpochSecond() + now.getNano() / 1e9;
    return new ProtobufMessage().float64(WALL_TIME, seconds).integer(STEP, step);
  }

  /** A record: length, checksum of the length, content, checksum of the content (TFRecord). */
  private void append(ProtobufMessage event) throws IOException {
    byte[] content = event.bytes();
    ByteBuffer record =
        ByteBuffer.allocate(Long.BYTES + Integer.BYTES + content.length + Integer.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN);
    record.putLong(content.length);
    record.putInt(checksum(record.duplicate().flip()));
    record.put(content);
    record.putInt(checksum(ByteBuffer.wrap(content)));
    try {
      WholeFile.writeFully(channel, record.flip());
    } catch (IOException e) {
      throw FileFailure.writing(path, e);
    }
  }

  private static int checksum(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return Integer.rotateRight((int) crc.getValue(), 15) + MASK;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
