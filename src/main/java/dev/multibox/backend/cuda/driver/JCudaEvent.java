package dev.multibox.backend.cuda.driver;

import static dev.multibox.backend.cuda.driver.DriverStatus.check;
import static jcuda.driver.CUevent_flags.CU_EVENT_DEFAULT;
import static jcuda.driver.JCudaDriver.cuEventCreate;
import static jcuda.driver.JCudaDriver.cuEventDestroy;
import static jcuda.driver.JCudaDriver.cuEventElapsedTime;
import static jcuda.driver.JCudaDriver.cuEventQuery;
import static jcuda.driver.JCudaDriver.cuEventSynchronize;

import jcuda.driver.CUevent;
import jcuda.driver.CUresult;

/** A {@code CUevent} that takes the time. */
final class JCudaEvent implements Event {
  private final JCudaDriver driver;
  private final CUevent event = new CUevent();

  JCudaEvent(JCudaDriver driver) {
    this.driver = driver;
    check(cuEventCreate(event, CU_EVENT_DEFAULT), "newEvent()");
  }

  CUevent event() {
    return event;
  }

  @Override
  public boolean isDone() {
    driver.use();
    int status = cuEventQuery(event);
    if (status == CUresult.CUDA_ERROR_NOT_READY) {
      return false;
    }
    check(status, "Event.isDone()");
    return true;
  }

  @Override
  public void synchronize() {
    driver.use();
    check(cuEventSynchronize(event), "Event.synchronize()");
  }

  @Override
  public float millisSince(Event start) {
    driver.use();
    float[] millis = new float[1];
    check(
        cuEventElapsedTime(millis, ((JCudaEvent) start).event, event), "Event.millisSince(start)");
    return millis[0];
  }

  @Override
  public void close() {
    driver.use();
    check(cuEventDestroy(event), "Event.close()");
  }
}
