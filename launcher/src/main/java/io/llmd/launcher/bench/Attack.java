package io.llmd.launcher.bench;

import java.io.IOException;

/**
 * One attempt at doing what nobody may.
 *
 * @param area what it is about
 * @param name what is tried
 * @param expected what has to be seen
 * @param attempt tries it and says what was seen
 */
record Attack(String area, String name, String expected, Attempt attempt) {

    /** Tries something. */
    @FunctionalInterface
    interface Attempt {
        String seen(AttackTarget target) throws IOException, InterruptedException;
    }
}
