package dev.multibox.backend.cuda.driver;

import static dev.multibox.backend.cuda.driver.DriverStatus.check;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT;
import static jcuda.driver.JCudaDriver.cuDeviceGetAttribute;
import static jcuda.driver.JCudaDriver.cuDeviceGetName;
import static jcuda.driver.JCudaDriver.cuDeviceTotalMem;
import static jcuda.driver.JCudaDriver.cuDriverGetVersion;

import java.nio.charset.StandardCharsets;
import jcuda.driver.CUdevice;

/** Asks the driver what a GPU is. */
final class DeviceQuery {
  private static final int NAME_BYTES = 256;

  private DeviceQuery() {}

  static DeviceProperties properties(CUdevice device) {
    return new DeviceProperties(
        name(device),
        attribute(device, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR),
        attribute(device, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR),
        driverVersion(),
        attribute(device, CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT),
        attribute(device, CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR),
        attribute(device, CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK),
        attribute(device, CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK),
        attribute(device, CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN),
        attribute(device, CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE),
        totalBytes(device));
  }

  private static String name(CUdevice device) {
    byte[] name = new byte[NAME_BYTES];
    check(cuDeviceGetName(name, NAME_BYTES, device), "cuDeviceGetName()");
    return new String(name, StandardCharsets.UTF_8).replace("\0", "");
  }

  private static int attribute(CUdevice device, int attribute) {
    int[] value = new int[1];
    check(
        cuDeviceGetAttribute(value, attribute, device),
        "cuDeviceGetAttribute(attribute=%d)",
        attribute);
    return value[0];
  }

  private static int driverVersion() {
    int[] version = new int[1];
    check(cuDriverGetVersion(version), "cuDriverGetVersion()");
    return version[0];
  }

  private static long totalBytes(CUdevice device) {
    long[] bytes = new long[1];
    check(cuDeviceTotalMem(bytes, device), "cuDeviceTotalMem()");
    return bytes[0];
  }
}
