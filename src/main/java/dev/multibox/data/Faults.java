package dev.multibox.data;

import java.io.IOException;
import java.util.Collection;

/**
 * Where a reader says what is wrong with a data set. Each fault is one line that names the file,
 * the line in it where there is one, and the remedy. A method that returns lets the reader go on
 * without what was at fault.
 */
public interface Faults {
  /** Stops at the first fault with an {@link IOException} of its words. */
  Faults REFUSED =
      new Faults() {
        @Override
        public void object(String fault) throws IOException {
          throw new IOException(fault);
        }

        @Override
        public void file(String fault) throws IOException {
          throw new IOException(fault);
        }
      };

  /** Leaves bad objects out, for {@link Dataset#remarks} to count, and stops at anything else. */
  Faults OBJECTS_LEFT_OUT =
      new Faults() {
        @Override
        public void object(String fault) {
          // The reader counts what it leaves out.
        }

        @Override
        public void file(String fault) throws IOException {
          throw new IOException(fault);
        }
      };

  /** Every fault and every oddity goes into {@code list}, and reading goes on. */
  static Faults into(Collection<String> list) {
    return new Faults() {
      @Override
      public void object(String fault) {
        list.add(fault);
      }

      @Override
      public void file(String fault) {
        list.add(fault);
      }

      @Override
      public void oddity(String fault) {
        list.add(fault);
      }
    };
  }

  /** One object cannot be used. */
  void object(String fault) throws IOException;

  /** Anything else cannot be used: an image, an annotation file, a line of a list. */
  void file(String fault) throws IOException;

  /** Something contradicts itself and can be used all the same; {@link Dataset#remarks} counts. */
  default void oddity(String fault) {}
}
