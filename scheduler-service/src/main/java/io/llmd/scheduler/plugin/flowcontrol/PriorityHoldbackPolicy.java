package io.llmd.scheduler.plugin.flowcontrol;

import io.llmd.scheduler.flowcontrol.UsageLimitPolicy;
import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import org.springframework.stereotype.Component;

/** Lower ceilings for lower priorities, falling in a straight line, so that room is left for the higher ones. */
final class PriorityHoldbackPolicy implements UsageLimitPolicy {

    /** Form of the fall. */
    enum Shape {
        LINEAR
    }

    /** What the ceiling falls over. */
    enum Domain {
        /** The place of the priority among those that exist. */
        RANK,
        /** The number of the priority. */
        VALUE
    }

    /**
     * @param shape form of the fall
     * @param domain what the ceiling falls over
     * @param minCeiling ceiling of the lowest priority, in [0, 1)
     * @param maxCeiling ceiling of the highest priority, in (0, 1]
     */
    record Params(
            @Default("linear") Shape shape,
            @Default("rank") Domain domain,
            double minCeiling,
            @Default("1.0") double maxCeiling) {
        Params {
            if (minCeiling < 0 || minCeiling >= 1) {
                throw new IllegalArgumentException("minCeiling: " + minCeiling + " (expected: in [0, 1))");
            }
            if (maxCeiling <= minCeiling || maxCeiling > 1) {
                throw new IllegalArgumentException("maxCeiling: " + maxCeiling + " (expected: in (minCeiling, 1])");
            }
        }
    }

    private final Params params;

    PriorityHoldbackPolicy(Params params) {
        this.params = params;
    }

    @Override
    public void fill(double saturation, int[] priorities, double[] ceilings) {
        int last = priorities.length - 1;
        for (int i = 0; i <= last; i++) {
            double fall = last == 0 ? 0 : fall(priorities, i, last);
            ceilings[i] = params.maxCeiling() - fall * (params.maxCeiling() - params.minCeiling());
        }
    }

    /** How far the priority is below the highest, as a share of the distance to the lowest. */
    private double fall(int[] priorities, int i, int last) {
        return switch (params.domain()) {
            case RANK -> (double) i / last;
            case VALUE -> ((double) priorities[0] - priorities[i]) / ((double) priorities[0] - priorities[last]);
        };
    }

    @Component
    static final class Factory implements PluginFactory<Params> {
        @Override
        public String type() {
            return "priority-holdback-policy";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public PriorityHoldbackPolicy create(String name, Params params) {
            return new PriorityHoldbackPolicy(params);
        }
    }
}
