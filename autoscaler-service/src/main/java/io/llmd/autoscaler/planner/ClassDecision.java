package io.llmd.autoscaler.planner;

import java.util.Map;

/**
 * What a class was provided for; rates in requests a second.
 *
 * @param requestClass its id
 * @param tier name of its tier
 * @param now rate at present
 * @param guard what was added for chance
 * @param forecast rate when what is started now is ready
 * @param backlog rate that works off what waits
 * @param used rate that was provided for
 * @param unmet rate that nothing is planned for
 * @param attainment share of the last requests that kept their targets; NaN when that is not known
 * @param routing share that each lane should get, by lane
 */
public record ClassDecision(
        String requestClass,
        String tier,
        double now,
        double guard,
        double forecast,
        double backlog,
        double used,
        double unmet,
        double attainment,
        Map<String, Double> routing) {}
