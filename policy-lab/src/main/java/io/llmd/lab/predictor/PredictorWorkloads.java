package io.llmd.lab.predictor;

import io.llmd.lab.split.SplitWorkloads;
import io.llmd.lab.traffic.MooncakeTrace;
import io.llmd.lab.traffic.SharedPrefixLadder;
import io.llmd.lab.traffic.Traffic;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The traffic on which predictions are judged: that of disaggregation, and the ladder, which overloads the fleet. */
public final class PredictorWorkloads {

    /** The ladder has many more requests than the others. */
    private static final double LADDER = 0.5;

    private PredictorWorkloads() {}

    /**
     * The six of them.
     *
     * @param conversation recorded; null for bursts instead
     * @param share part of the time or the conversations, in (0, 1]; rates stay
     */
    public static List<Traffic> all(@Nullable MooncakeTrace conversation, double share) {
        List<Traffic> traffics = new ArrayList<>(SplitWorkloads.all(conversation, share));
        traffics.add(new SharedPrefixLadder(LADDER * share));
        return List.copyOf(traffics);
    }
}
