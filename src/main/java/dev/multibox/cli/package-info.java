/**
 * The commands, and the one place that picks a backend.
 *
 * <p>A command checks its arguments, does its work through the other packages, and prints what it
 * found: figures on the standard output, progress on the error output. It throws {@link
 * dev.multibox.cli.UserError} where the user's input is wrong; {@link dev.multibox.cli.MultiBox}
 * turns exceptions into exit codes, so that no command calls {@code System.exit}.
 *
 * <p>May import everything. Start with {@code MultiBox}, then {@code EvalCommand}. A new command is
 * a class here and a line in {@code MultiBox.COMMANDS}.
 */
@NullMarked
package dev.multibox.cli;

import org.jspecify.annotations.NullMarked;
