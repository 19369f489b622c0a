package io.llmd.launcher.home;

import java.net.URI;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of commands that talk to a scheduler; what is not given comes from the running suite. */
public final class SchedulerOptions {

    @Option(names = "--url", paramLabel = "URL", description = "base URL of the scheduler (default: the running suite)")
    private @Nullable URI url;

    /** @throws io.llmd.launcher.terminal.CommandFailure when no URL is given and no suite runs */
    public ServiceApi open() {
        return ServiceApi.at("scheduler", url, "./llmd up");
    }
}
