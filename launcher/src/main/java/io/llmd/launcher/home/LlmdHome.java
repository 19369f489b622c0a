package io.llmd.launcher.home;

import java.nio.file.Path;

/**
 * Where a trial keeps its state.
 *
 * @param root folder of the checkout
 */
public record LlmdHome(Path root) {

    /** The folder that the start script names, else the working directory. */
    public static LlmdHome current() {
        return new LlmdHome(Path.of(System.getProperty("llmd.home", "")).toAbsolutePath());
    }

    /** Everything that a trial writes is in here. */
    public Path state() {
        return root.resolve(".llmd");
    }

    /** Describes the running suite. */
    public Path runFile() {
        return state().resolve("run.json");
    }

    /** Folder of the log files. */
    public Path logs() {
        return state().resolve("logs");
    }

    /** Log file of one part. */
    public Path log(String part) {
        return logs().resolve(part + ".log");
    }

    /** The endpoints that the scheduler of a trial may choose from. */
    public Path endpointsFile() {
        return state().resolve("endpoints.yaml");
    }
}
