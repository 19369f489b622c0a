package io.llmd.launcher.home;

/** What the run file says, checked against the processes of this machine. */
public sealed interface RunStatus {

    /** No suite was started, or it was stopped. */
    record Absent() implements RunStatus {}

    /** The starter of the suite is alive. */
    record Running(RunState state) implements RunStatus {}

    /** The starter is gone without having cleaned up; {@code state} tells what may be left. */
    record Stale(RunState state) implements RunStatus {}

    /** The file cannot be read. */
    record Unreadable(String reason) implements RunStatus {}
}
