package io.llmd.launcher.bench;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** How the JVM contenders are started: same JDK, class path, heap and collector for each of them. */
final class ChildJvm {

    /** Settings that all JVM contenders share. */
    static final List<String> SETTINGS = List.of(
            "-Xms512m",
            "-Xmx512m",
            "-XX:+UseParallelGC",
            "-XX:+UseCompactObjectHeaders",
            "-Dio.netty.allocator.disableThreadLocalMagazinesOnLowMemory=false",
            "-Dreactor.netty.ioWorkerCount=2");

    private ChildJvm() {}

    static List<String> command(String mainClass, List<String> arguments) {
        return command(SETTINGS, mainClass, arguments);
    }

    /** A JVM with settings of its own, beside those that native code needs. */
    static List<String> command(List<String> settings, String mainClass, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(settings);
        command.addAll(List.of(
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                classPath(),
                mainClass));
        command.addAll(arguments);
        return command;
    }

    /** The class path of this process, absolute, for children run in folders of their own. */
    private static String classPath() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(entry -> Path.of(entry).toAbsolutePath().toString())
                .collect(Collectors.joining(File.pathSeparator));
    }
}
