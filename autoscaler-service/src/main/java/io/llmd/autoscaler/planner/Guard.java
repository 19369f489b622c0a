package io.llmd.autoscaler.planner;

/** A rule that may only narrow what demand asks for. Stateless. */
interface Guard {

    /** Changes targets of a plan, with its code as the reason. */
    void apply(Plan plan);
}
