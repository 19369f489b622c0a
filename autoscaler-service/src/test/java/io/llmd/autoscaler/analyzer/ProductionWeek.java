package io.llmd.autoscaler.analyzer;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;

/** Mean rates of a week in production, ten minutes each; beside the repository, in {@code shared/data}, or not at hand. */
final class ProductionWeek {

    private static final String FILE = "shared/data/servegen_m_large_week1.csv.gz";

    private ProductionWeek() {}

    static double[] rates() {
        Path folder = Path.of("").toAbsolutePath();
        while (folder != null && !Files.isReadable(folder.resolve(FILE))) {
            folder = folder.getParent();
        }
        assumeTrue(folder != null, "needs " + FILE);
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(
                new GZIPInputStream(Files.newInputStream(folder.resolve(FILE))), StandardCharsets.UTF_8))) {
            return reader.lines()
                    .skip(1)
                    .mapToDouble(line -> Double.parseDouble(line.split(",", -1)[2]))
                    .toArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
