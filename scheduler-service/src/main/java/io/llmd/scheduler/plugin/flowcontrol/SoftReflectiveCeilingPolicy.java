package io.llmd.scheduler.plugin.flowcontrol;

import io.llmd.scheduler.flowcontrol.UsageLimitPolicy;
import io.llmd.scheduler.plugin.NoParams;
import io.llmd.scheduler.plugin.PluginFactory;
import org.springframework.stereotype.Component;

/** Opens lower priorities less often the fuller the pool is: always while there is much room, in one cycle out of several when there is little, never when it is full. Called by one thread. */
final class SoftReflectiveCeilingPolicy implements UsageLimitPolicy {

    private long cycles;

    @Override
    public void fill(double saturation, int[] priorities, double[] ceilings) {
        boolean isCounting = saturation >= 1 - saturation && saturation < 1;
        if (isCounting) {
            cycles++;
        }
        for (int i = 1; i < priorities.length; i++) {
            ceilings[i] = isOpen(saturation, reflected(i, saturation, priorities.length)) ? 1.0 : 0.0;
        }
    }

    private boolean isOpen(double saturation, double reflected) {
        if (saturation < reflected) {
            return true;
        }
        return saturation < 1 && cycles % period(saturation) == 0;
    }

    /** Saturation up to which the band of this rank is always open. */
    static double reflected(int rank, double saturation, int bands) {
        return 1 - rank * saturation / (bands - 1);
    }

    /** One cycle out of so many is open. */
    static long period(double saturation) {
        return Math.max(1, Math.round(saturation / (1 - saturation + 1e-9)));
    }

    @Override
    public boolean countsCycles() {
        return true;
    }

    @Component
    static final class Factory implements PluginFactory<NoParams> {
        @Override
        public String type() {
            return "soft-reflective-ceiling-policy";
        }

        @Override
        public Class<NoParams> paramsType() {
            return NoParams.class;
        }

        @Override
        public SoftReflectiveCeilingPolicy create(String name, NoParams params) {
            return new SoftReflectiveCeilingPolicy();
        }
    }
}
