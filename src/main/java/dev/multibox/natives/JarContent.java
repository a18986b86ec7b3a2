package dev.multibox.natives;

import java.io.IOException;
import java.io.OutputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.util.jar.JarFile;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;

/**
 * What a file must hold to be the resource {@code url}.
 *
 * @param size its length in bytes
 * @param crc its CRC-32, as the directory of the jar states it
 */
record JarContent(URL url, long size, long crc) {
  /** Asks the jar's directory; a resource outside of a jar is read instead. */
  static JarContent of(URL url) throws IOException {
    URLConnection connection = url.openConnection();
    connection.setUseCaches(false);
    if (connection instanceof JarURLConnection inJar) {
      try (JarFile jar = inJar.getJarFile()) {
        ZipEntry entry = jar.getEntry(inJar.getEntryName());
        return new JarContent(url, entry.getSize(), entry.getCrc());
      }
    }
    try (CheckedInputStream in = new CheckedInputStream(connection.getInputStream(), new CRC32())) {
      long size = in.transferTo(OutputStream.nullOutputStream());
      return new JarContent(url, size, in.getChecksum().getValue());
    }
  }

  String fileName() {
    String path = url.getPath();
    return path.substring(path.lastIndexOf('/') + 1);
  }
}
