/**
 * Files of weights: what they hold, and how names and layouts of other projects become ours.
 *
 * <p>A file is a map from names to {@link dev.multibox.weights.StoredTensor}, still in the file's
 * own types and memory; turning those into parameters is a step of its own. Readers believe nothing
 * a file says before it is checked, and run nothing. {@code SafetensorsFile} reads safetensors.
 * {@code TorchFile} reads what {@code torch.save} wrote: {@code TorchZip} or {@code TorchLegacy}
 * finds the pickle, {@code PickleMachine} reads it, {@code TorchPickles} says what names in it
 * stand for, {@code PickledTree} gives every tensor its dotted name, and {@code Strides} brings its
 * elements in order.
 *
 * <p>{@code WeightImport} makes our weights of another project's: {@code NameMaps} are its tables
 * of names, {@code ForeignModel} says how a model of theirs is known, and {@code ModelAssembly}
 * puts filters and heads into our layout.
 *
 * <p>May import {@code tensor}, {@code backend} (how heads and images are laid out), {@code nn},
 * {@code box} and {@code model}. Start with {@code WeightFile}.
 */
@NullMarked
package dev.multibox.weights;

import org.jspecify.annotations.NullMarked;
