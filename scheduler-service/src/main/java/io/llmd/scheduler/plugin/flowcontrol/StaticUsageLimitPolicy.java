package io.llmd.scheduler.plugin.flowcontrol;

import io.llmd.scheduler.flowcontrol.UsageLimitPolicy;
import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import java.util.Arrays;
import org.springframework.stereotype.Component;

/** The same ceiling for all priorities. */
final class StaticUsageLimitPolicy implements UsageLimitPolicy {

    /** @param threshold the ceiling, in (0, 1] */
    record Params(@Default("1.0") double threshold) {
        Params {
            if (threshold <= 0 || threshold > 1) {
                throw new IllegalArgumentException("threshold: " + threshold + " (expected: in (0, 1])");
            }
        }
    }

    private final double threshold;

    StaticUsageLimitPolicy(Params params) {
        threshold = params.threshold();
    }

    @Override
    public void fill(double saturation, int[] priorities, double[] ceilings) {
        Arrays.fill(ceilings, threshold);
    }

    @Component
    static final class Factory implements PluginFactory<Params> {
        @Override
        public String type() {
            return "static-usage-limit-policy";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public StaticUsageLimitPolicy create(String name, Params params) {
            return new StaticUsageLimitPolicy(params);
        }
    }
}
