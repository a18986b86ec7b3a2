package dev.multibox.backend.cuda.cudnn;

/** What cuDNN says of the arithmetic of an engine, {@code cudnnBackendNumericalNote_t}. */
public enum NumericalNote {
  TENSOR_CORE('t'),
  DOWN_CONVERT_INPUTS('c'),
  REDUCED_PRECISION_REDUCTION('r'),
  FFT('f'),
  NONDETERMINISTIC('n'),
  WINOGRAD('w'),
  WINOGRAD_TILE_4X4('w'),
  WINOGRAD_TILE_6X6('w'),
  WINOGRAD_TILE_13X13('w'),
  STRICT_NAN_PROPAGATION('s');

  private final char letter;

  NumericalNote(char letter) {
    this.letter = letter;
  }

  /** How tables write it. */
  char letter() {
    return letter;
  }
}
