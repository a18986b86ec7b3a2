package dev.multibox.backend.cuda.driver;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a kernel takes: its parameters in order, at the offsets of the argument block.
 *
 * @param kernel the name of the kernel
 * @param parameters in order
 * @param bytes the size of the block
 */
public record ParameterLayout(String kernel, List<Parameter> parameters, int bytes) {
  private static final Pattern COMMENT = Pattern.compile("//[^\n]*|/\\*.*?\\*/", Pattern.DOTALL);

  /** A declaration such as {@code .param .align 8 .b8 name[32]} or {@code .param .u64 name}. */
  private static final Pattern DECLARATION =
      Pattern.compile(
          "\\.param\\s+(?<attributes>(?:\\.\\w+\\s+(?:\\d+\\s+)?)+)"
              + "(?<name>[\\w$]+)\\s*(?:\\[\\s*(?<length>\\d+)\\s*\\])?");

  private static final Pattern ALIGNMENT = Pattern.compile("\\.align\\s+(\\d+)");

  private static final Pattern TYPE = Pattern.compile("\\.((?:b|u|s|f)(8|16|32|64))\\b");

  public ParameterLayout {
    parameters = List.copyOf(parameters);
  }

  /** The number of parameters. */
  public int count() {
    return parameters.size();
  }

  /**
   * Reads the layout of {@code kernel} from the PTX that declares it.
   *
   * @throws IllegalArgumentException if {@code ptx} has no such kernel, or a parameter that cannot
   *     be read
   */
  public static ParameterLayout read(String ptx, String kernel) {
    Pattern entry =
        Pattern.compile("\\.entry\\s+" + Pattern.quote(kernel) + "\\s*(?:\\((?<list>[^)]*)\\))?");
    Matcher found = entry.matcher(ptx);
    while (found.find()) {
      if (!isInsideName(ptx, found.end())) {
        String list = found.group("list");
        return of(kernel, list == null ? "" : COMMENT.matcher(list).replaceAll(" "));
      }
    }
    throw new IllegalArgumentException("%s: the PTX has no such kernel".formatted(kernel));
  }

  /** Whether what was found is only the beginning of a longer name. */
  private static boolean isInsideName(String ptx, int end) {
    return end < ptx.length()
        && ptx.charAt(end - 1) != ')'
        && (Character.isJavaIdentifierPart(ptx.charAt(end)) || ptx.charAt(end) == '%');
  }

  private static ParameterLayout of(String kernel, String list) {
    List<Parameter> parameters = new ArrayList<>();
    int end = 0;
    if (!list.isBlank()) {
      for (String declaration : list.split(",", -1)) {
        Parameter parameter = parameter(kernel, declaration, end);
        parameters.add(parameter);
        end = parameter.offset() + parameter.bytes();
      }
    }
    return new ParameterLayout(kernel, parameters, end);
  }

  private static Parameter parameter(String kernel, String declaration, int end) {
    Matcher parts = DECLARATION.matcher(declaration.strip());
    Matcher type = TYPE.matcher(declaration);
    if (!parts.matches() || !type.find()) {
      throw new IllegalArgumentException(
          "%s: cannot read the parameter '%s'".formatted(kernel, declaration.strip()));
    }
    int size = Integer.parseInt(type.group(2)) / 8;
    Matcher alignment = ALIGNMENT.matcher(parts.group("attributes"));
    // The .align of a pointer speaks of what it points to.
    boolean pointer = parts.group("attributes").contains(".ptr");
    int aligned = alignment.find() && !pointer ? Integer.parseInt(alignment.group(1)) : size;
    String length = parts.group("length");
    int bytes = length == null ? size : Math.multiplyExact(size, Integer.parseInt(length));
    int offset = Math.ceilDiv(end, aligned) * aligned;
    return new Parameter(parts.group("name"), type.group(1), offset, bytes);
  }
}
