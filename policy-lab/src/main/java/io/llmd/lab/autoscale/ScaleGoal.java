package io.llmd.lab.autoscale;

/**
 * A goal and what came of it.
 *
 * @param id of the goal, such as P14 or W1
 * @param figure what is looked at
 * @param target what it should be
 * @param value what it is
 * @param isMet whether it is as it should be
 */
public record ScaleGoal(String id, String figure, String target, String value, boolean isMet) {

    /** As a line of text. */
    public String line() {
        return (isMet ? "met     " : "missed  ") + id + ": " + figure + ": " + value + " (target: " + target + ")";
    }
}
