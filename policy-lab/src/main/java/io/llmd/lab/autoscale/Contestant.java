package io.llmd.lab.autoscale;

import java.util.function.Function;

/**
 * Somebody who decides, with one setting.
 *
 * @param name who
 * @param setting with which setting, in a few words
 * @param factory makes one for a run
 */
public record Contestant(String name, String setting, Function<Job, Controller> factory) {

    /** The run that it is for. What is true of the requests to come is for those alone who are said to know it. */
    record Job(ScaleWorkload workload, Environment environment, long seed) {}

    Controller controller(Job job) {
        return factory.apply(job);
    }
}
