package dev.multibox.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.multibox.weights.FileFailure;
import dev.multibox.weights.WholeFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** A file of JSON objects, one a line, that grows by whole lines. */
final class LogFile implements AutoCloseable {
  private static final JsonMapper JSON = new JsonMapper();

  private final Path path;
  private final FileChannel channel;

  private LogFile(Path path, FileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  /** Opens the file to go on behind its last line, and makes it if there is none. */
  static LogFile open(Path path) throws IOException {
    try {
      FileChannel channel =
          FileChannel.open(path, StandardOpenOption.WRITE, StandardOpenOption.CREATE);
      return new LogFile(path, channel.position(channel.size()));
    } catch (IOException e) {
      throw FileFailure.writing(path, e);
    }
  }

  /**
   * Appends one line.
   *
   * @throws IOException if it cannot be written; no part of it is left
   */
  void append(Map<String, Object> line) throws IOException {
    byte[] bytes = (JSON.writeValueAsString(line) + "\n").getBytes(StandardCharsets.UTF_8);
    long end = channel.position();
    try {
      WholeFile.writeFully(channel, ByteBuffer.wrap(bytes));
    } catch (IOException e) {
      cutBehind(end, e);
      throw FileFailure.writing(path, e);
    }
  }

  private void cutBehind(long end, IOException first) {
    try {
      channel.truncate(end).position(end);
    } catch (IOException second) {
      first.addSuppressed(second);
    }
  }

  /**
   * Cuts the file before the first line that {@code kept} says no to, in one step. The beginning of
   * a line at the end, left by a process that was killed, goes as well.
   *
   * @return the lines that were cut
   * @throws IOException if a line is no JSON object; nothing is cut
   */
  List<JsonNode> cut(Predicate<JsonNode> kept) throws IOException {
    byte[] content = Files.readAllBytes(path);
    List<JsonNode> behind = new ArrayList<>();
    int end = 0;
    int from = 0;
    int number = 1;
    for (int to = lineEnd(content, 0); to >= 0; to = lineEnd(content, from)) {
      JsonNode line = parse(content, from, to, number);
      from = to + 1;
      number++;
      if (behind.isEmpty() && kept.test(line)) {
        end = from;
      } else {
        behind.add(line);
      }
    }
    if (end < content.length) {
      try {
        channel.truncate(end).position(end);
      } catch (IOException e) {
        throw FileFailure.writing(path, e);
      }
    }
    return behind;
  }

  private static int lineEnd(byte[] content, int from) {
    for (int i = from; i < content.length; i++) {
      if (content[i] == '\n') {
        return i;
      }
    }
    return -1;
  }

  private JsonNode parse(byte[] content, int from, int to, int number) throws IOException {
    String line = new String(content, from, to - from, StandardCharsets.UTF_8);
    try {
      JsonNode node = JSON.readTree(line);
      if (node.isObject()) {
        return node;
      }
    } catch (JsonProcessingException _) {
      // Said below, as for JSON that is no object.
    }
    throw new IOException(
        "%s:%d: is no JSON object; correct the line, or move the file away"
            .formatted(path, number));
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
