/**
 * The seam to the machine: everything that the CUDA backend asks of a driver, and nothing that one
 * driver alone could give.
 *
 * <p>{@link dev.multibox.backend.cuda.driver.Driver} hands out memory, streams, events and modules;
 * a {@link dev.multibox.backend.cuda.driver.Stream} orders copies, launches and graphs. The tests
 * run the same kernels on a second implementation, which interprets the shipped PTX on the CPU.
 * Arguments of a {@link dev.multibox.backend.cuda.driver.Launch} are checked against the PTX before
 * either sees them.
 *
 * <p>Device memory is a plain {@code long} address, as it is to kernels, cuDNN and cuBLAS.
 *
 * <p>May import {@code natives} and {@code tensor}. Start with {@code Driver}, then {@code Launch}.
 */
@NullMarked
package dev.multibox.backend.cuda.driver;

import org.jspecify.annotations.NullMarked;
