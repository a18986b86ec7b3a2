/** Exported models, run by ONNX Runtime. */
@NullMarked
package dev.multibox.onnx;

import org.jspecify.annotations.NullMarked;
