package io.llmd.launcher.bench;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Finds other programs that take part in a benchmark. */
final class Programs {

    /** More folders to look in, separated as those of the search path. */
    static final String MORE = "LLMD_BENCH_PATH";

    private static final List<Path> SYSTEM = List.of(Path.of("/usr/sbin"), Path.of("/usr/local/sbin"));

    private Programs() {}

    /** Looks in the folders of {@link #MORE} and of the search path, then in those of system services. */
    static Optional<Path> find(String name) {
        String more = System.getenv().getOrDefault(MORE, "");
        return find(name, more + File.pathSeparator + System.getenv().getOrDefault("PATH", ""), SYSTEM);
    }

    /** Looks in the entries of a search path, then in further folders. */
    static Optional<Path> find(String name, String searchPath, List<Path> further) {
        Stream<Path> folders = Arrays.stream(searchPath.split(File.pathSeparator))
                .filter(s -> !s.isEmpty())
                .map(Path::of);
        return Stream.concat(folders, further.stream())
                .map(folder -> folder.resolve(name))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** The first line that a program prints for an option, its own name when it prints nothing. */
    static String version(Path program, String option) {
        String name = program.getFileName().toString();
        try {
            Process process = new ProcessBuilder(program.toString(), option)
                    .redirectErrorStream(true)
                    .start();
            process.getOutputStream().close();
            String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            process.waitFor(20, TimeUnit.SECONDS);
            return text.lines()
                    .map(String::strip)
                    .filter(line -> !line.isEmpty())
                    .findFirst()
                    .orElse(name);
        } catch (IOException unreadable) {
            return name;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return name;
        }
    }
}
