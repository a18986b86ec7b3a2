/**
 * The GPU: the contracts of {@code backend} as launches of the kernels in {@code src/main/cuda}.
 *
 * <p>{@link dev.multibox.backend.cuda.CudaBackend} runs on whatever {@link
 * dev.multibox.backend.cuda.driver.Driver} it is given. A class for each {@code .cu} turns tensors
 * into arguments and sizes into grids; what a kernel does, and what it moves, is written beside it.
 * Nothing here waits for the device but a download.
 *
 * <p>May import {@code tensor}, {@code backend}, {@code backend.cuda.driver} and {@code
 * backend.cuda.cudnn}. Start with {@code CudaBackend}, then {@code CudaElementwiseKernels} beside
 * {@code elementwise.cu}.
 */
@NullMarked
package dev.multibox.backend.cuda;

import org.jspecify.annotations.NullMarked;
