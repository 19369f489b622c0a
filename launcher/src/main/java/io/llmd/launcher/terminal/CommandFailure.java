package io.llmd.launcher.terminal;

/** An expected failure of a command: one sentence for people and an exit code. Has no stack trace. */
public final class CommandFailure extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final int exitCode;

    public CommandFailure(int exitCode, String message) {
        super(message, null, false, false);
        this.exitCode = exitCode;
    }

    /** Something that cannot be done. */
    public static CommandFailure failed(String message) {
        return new CommandFailure(ExitCode.FAILED, message);
    }

    /** A part that is not there or not ready. */
    public static CommandFailure notReady(String message) {
        return new CommandFailure(ExitCode.NOT_READY, message);
    }

    /** Wrong options. */
    public static CommandFailure usage(String message) {
        return new CommandFailure(ExitCode.USAGE, message);
    }

    /** One of {@link ExitCode}. */
    public int exitCode() {
        return exitCode;
    }
}
