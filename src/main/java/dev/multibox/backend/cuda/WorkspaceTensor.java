package dev.multibox.backend.cuda;

import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;

/** Tensors over memory of a {@link CudaWorkspace}, for as long as nothing else is taken there. */
final class WorkspaceTensor {
  private static final TensorArena OPEN =
      new TensorArena() {
        @Override
        public Tensor allocate(Shape shape, DType dtype) {
          throw new UnsupportedOperationException("workspace: allocates nothing");
        }

        @Override
        public Tensor zeros(Shape shape, DType dtype) {
          return allocate(shape, dtype);
        }

        @Override
        public long allocatedBytes() {
          return 0;
        }

        @Override
        public boolean isOpen() {
          return true;
        }

        @Override
        public void close() {
          // Belongs to the workspace.
        }
      };

  private WorkspaceTensor() {}

  static Tensor at(long address, Shape shape, DType dtype) {
    return Tensor.device(shape, dtype, address, OPEN);
  }
}
