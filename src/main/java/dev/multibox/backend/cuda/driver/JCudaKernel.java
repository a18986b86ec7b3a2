package dev.multibox.backend.cuda.driver;

import static dev.multibox.backend.cuda.driver.DriverStatus.check;
import static jcuda.driver.CUfunction_attribute.CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES;
import static jcuda.driver.CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
import static jcuda.driver.CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK;
import static jcuda.driver.CUfunction_attribute.CU_FUNC_ATTRIBUTE_NUM_REGS;
import static jcuda.driver.CUfunction_attribute.CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES;
import static jcuda.driver.JCudaDriver.cuFuncGetAttribute;
import static jcuda.driver.JCudaDriver.cuFuncSetAttribute;

import jcuda.driver.CUfunction;

/** A function of a {@link JCudaModule}. */
final class JCudaKernel implements Kernel {
  private final JCudaDriver driver;
  private final CUfunction function;
  private final ParameterLayout parameters;
  private KernelAttributes attributes;

  JCudaKernel(JCudaDriver driver, CUfunction function, ParameterLayout parameters) {
    this.driver = driver;
    this.function = function;
    this.parameters = parameters;
    attributes = read();
  }

  private KernelAttributes read() {
    return new KernelAttributes(
        attribute(CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK),
        attribute(CU_FUNC_ATTRIBUTE_NUM_REGS),
        attribute(CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES),
        attribute(CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES),
        attribute(CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES));
  }

  private int attribute(int attribute) {
    int[] value = new int[1];
    check(cuFuncGetAttribute(value, attribute, function), "%s: attribute %d", name(), attribute);
    return value[0];
  }

  CUfunction function() {
    return function;
  }

  @Override
  public String name() {
    return parameters.kernel();
  }

  @Override
  public ParameterLayout parameters() {
    return parameters;
  }

  @Override
  public KernelAttributes attributes() {
    return attributes;
  }

  @Override
  public void allowDynamicShared(int bytes) {
    driver.use();
    check(
        cuFuncSetAttribute(function, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, bytes),
        "%s: allowDynamicShared(bytes=%d)",
        name(),
        bytes);
    attributes = read();
  }
}
