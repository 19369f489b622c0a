package io.llmd.launcher.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** How JVMs are started in the image, but for the heap, which follows from a container's memory there. */
final class ImageJvm {

    /** Options without a cache of loaded classes. */
    static final List<String> OPTIONS = List.of(
            "-XX:+UseSerialGC",
            "-XX:+UseCompactObjectHeaders",
            "-XX:+UseTransparentHugePages",
            "-XX:TrimNativeHeapInterval=10000",
            "-XX:MetaspaceSize=96m");

    private ImageJvm() {}

    /** The options and further ones. */
    static List<String> with(List<String> further) {
        List<String> all = new ArrayList<>(OPTIONS);
        all.addAll(further);
        return all;
    }

    /**
     * Starts all services once and keeps what they loaded, as the build of the image does.
     *
     * @return the option that names the cache; empty where none can be made, as from folders of classes
     */
    static Optional<String> cache(BarRun run) throws IOException, InterruptedException {
        Path cache = run.folder().resolve("bars.aot");
        Path folder = Files.createDirectories(run.folder().resolve("training"));
        run.say("making a cache of loaded classes");
        try (RoleProcesses services =
                new RoleProcesses(with(List.of("-Xmx1g", "-XX:AOTCacheOutput=" + cache)), folder)) {
            services.start();
            services.stop();
        }
        if (Files.exists(cache)) {
            return Optional.of("-XX:AOTCache=" + cache);
        }
        run.say("none was made: it needs jars, as ./llmd builds them");
        return Optional.empty();
    }
}
