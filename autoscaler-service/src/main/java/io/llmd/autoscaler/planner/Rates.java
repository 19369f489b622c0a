package io.llmd.autoscaler.planner;

import io.llmd.autoscaler.analyzer.Backlog;
import io.llmd.autoscaler.analyzer.Prospect;
import java.util.List;

/**
 * Rates of a model's classes by stage, in requests a second and the order of the classes.
 *
 * @param demand now, with what chance may add
 * @param forecast when what is started now is ready, with the same
 * @param backlog what works off the requests that wait, or has them done when they are due
 * @param present demand and backlog
 * @param all forecast and backlog
 * @param reserved {@code all}, or the bursts to stand by for where those are more
 */
record Rates(double[] demand, double[] forecast, double[] backlog, double[] present, double[] all, double[] reserved) {

    /**
     * @param prospect what becomes of requests that wait
     * @param deadlines rates of classes whose requests are due some time; 0 of others
     */
    static Rates of(List<ClassInput> classes, Prospect prospect, double[] deadlines) {
        int count = classes.size();
        Rates rates = new Rates(
                new double[count],
                new double[count],
                new double[count],
                new double[count],
                new double[count],
                new double[count]);
        for (int k = 0; k < count; k++) {
            ClassInput each = classes.get(k);
            rates.demand[k] = each.now() + each.guard();
            rates.forecast[k] = each.upper() + each.guard();
            rates.backlog[k] =
                    deadlines[k] + prospect.rate(new Backlog(each.waiting()), each.now(), each.drainSeconds());
            rates.present[k] = rates.demand[k] + rates.backlog[k];
            rates.all[k] = rates.forecast[k] + rates.backlog[k];
            rates.reserved[k] = Math.max(rates.all[k], each.reserve());
        }
        return rates;
    }
}
