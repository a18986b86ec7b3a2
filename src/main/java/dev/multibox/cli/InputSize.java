package dev.multibox.cli;

import dev.multibox.model.SsdDefinition;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The value of {@code --input-size}: one number for a square, or {@code HxW}. */
record InputSize(int height, int width) {
  private static final Pattern FORM = Pattern.compile("(\\d{1,5})(?:x(\\d{1,5}))?");

  /** The size {@code text} says, or the model's own where there is none. */
  static InputSize parse(@Nullable String text, SsdDefinition definition) {
    if (text == null) {
      return new InputSize(definition.inputHeight(), definition.inputWidth());
    }
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      throw UserError.of(
          "--input-size: was '%s', wanted a number of pixels as 300, or HxW as 240x320", text);
    }
    int height = Integer.parseInt(matcher.group(1));
    int width = matcher.group(2) == null ? height : Integer.parseInt(matcher.group(2));
    if (height == 0 || width == 0) {
      throw UserError.of("--input-size: was '%s', wanted at least a pixel", text);
    }
    return new InputSize(height, width);
  }
}
