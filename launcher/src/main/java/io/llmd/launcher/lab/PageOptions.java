package io.llmd.launcher.lab;

import io.llmd.launcher.home.LlmdHome;
import io.llmd.launcher.terminal.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of the commands that run all there is and write a page of the documentation: recordings in, page and plots out. */
final class PageOptions {

    private static final String IMAGES = "images";
    private static final String RECORDINGS = "shared/data";

    @Option(
            names = "--data",
            paramLabel = "FOLDER",
            description = "recordings (default: shared/data in the checkout or beside it)")
    private @Nullable Path data;

    @Option(
            names = "--docs",
            paramLabel = "FOLDER",
            description = "where the page and the folder of its plots go (default: docs in the checkout)")
    private @Nullable Path docs;

    @Option(names = "--csv", paramLabel = "FILE", description = "also write each run to this file")
    private @Nullable Path csv;

    @Option(names = "--parallel", paramLabel = "N", description = "runs at a time (default: one for each processor)")
    private int parallel = Runtime.getRuntime().availableProcessors();

    /** The folder of recordings. */
    Path recordings() {
        if (data != null) {
            return data;
        }
        Path root = LlmdHome.current().root();
        Path inside = root.resolve(RECORDINGS);
        return Files.isDirectory(inside) ? inside : root.resolveSibling(RECORDINGS);
    }

    /** Runs at a time, one at least. */
    int parallel() {
        return Math.max(1, parallel);
    }

    /** Writes a page and its plots. @param images by the name of their file */
    void writePage(String name, String markdown, Map<String, byte[]> images, Terminal terminal) throws IOException {
        Path folder = docs == null ? LlmdHome.current().root().resolve("docs") : docs;
        Files.createDirectories(folder.resolve(IMAGES));
        for (Map.Entry<String, byte[]> image : images.entrySet()) {
            Files.write(folder.resolve(IMAGES).resolve(image.getKey()), image.getValue());
        }
        Files.writeString(folder.resolve(name), markdown);
        terminal.note("wrote " + folder.resolve(name));
    }

    /** Writes all runs, where a file for them was named. */
    void writeCsv(String runs, Terminal terminal) throws IOException {
        if (csv != null) {
            Files.writeString(csv, runs);
            terminal.note("wrote " + csv);
        }
    }
}
