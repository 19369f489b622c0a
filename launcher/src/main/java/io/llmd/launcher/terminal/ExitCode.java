package io.llmd.launcher.terminal;

/** Exit codes of every command; scripts rely on them. */
public final class ExitCode {
    /** All went well. */
    public static final int OK = 0;
    /** Something failed. */
    public static final int FAILED = 1;
    /** The command line was wrong. */
    public static final int USAGE = 2;
    /** A part is not there or not ready. */
    public static final int NOT_READY = 3;
    /** The run worked and a limit that it was given is broken. */
    public static final int LIMITS_BROKEN = 4;

    private ExitCode() {}
}
