package dev.multibox.cli;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The user's input is wrong: the message is the one line the user reads, and says what, where and
 * what to do. Ends the command with exit code 2.
 */
public final class UserError extends RuntimeException {
  private static final long serialVersionUID = 1;

  public UserError(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /** An error of this message, as {@link String#format}. */
  @FormatMethod
  public static UserError of(@FormatString String message, @Nullable Object... args) {
    return new UserError(message.formatted(args), null);
  }

  /** An input file that could not be read, in the words of {@code cause}. */
  public static UserError caused(IOException cause) {
    return new UserError(FileErrors.oneLine(cause), cause);
  }
}
