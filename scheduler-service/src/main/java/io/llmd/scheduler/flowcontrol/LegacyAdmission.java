package io.llmd.scheduler.flowcontrol;

import io.llmd.scheduler.scheduling.Endpoint;

/** What protects the pool while flow control is off: requests of negative priority are refused while it is full. */
public final class LegacyAdmission {

    private LegacyAdmission() {}

    /**
     * Whether a request is refused as saturated. Nothing is refused for want of endpoints, which is not saturation.
     *
     * @param candidates endpoints that the request may use; must not be changed
     */
    public static boolean isShed(int priority, Endpoint[] candidates, SaturationDetector detector) {
        return priority < 0
                && candidates.length > 0
                && detector.measure(candidates).value() >= 1.0;
    }
}
