package io.llmd.lab.study;

import io.llmd.lab.traffic.MooncakeTrace;
import io.llmd.lab.traffic.RecordedLengths;
import io.llmd.lab.traffic.ServeGenWindows;
import java.io.IOException;
import java.nio.file.Path;

/** The recordings of a study. */
public record StudyData(MooncakeTrace conversation, RecordedLengths azure, ServeGenWindows serveGen) {

    private static final int EVERY = 72;
    private static final int WINDOWS = 14;
    private static final double SECONDS = 3;
    private static final double REQUESTS_PER_SECOND = 55;
    private static final int AZURE_ROWS = 1500;

    /**
     * Reads the recordings of a folder.
     *
     * @param folder with {@code mooncake_conversation_h1.jsonl.gz}, {@code azure_llm_2023_conv_h1.csv.gz} and
     *     {@code servegen_m_large_week1.csv.gz}
     * @param share of Azure's rows, from the beginning, and of the time of ServeGen's windows, in (0, 1]
     * @throws IOException when one is missing or broken
     */
    public static StudyData read(Path folder, double share) throws IOException {
        return new StudyData(
                MooncakeTrace.read(
                        "conversation", folder.resolve("mooncake_conversation_h1.jsonl.gz"), Integer.MAX_VALUE),
                RecordedLengths.azure("azure", folder.resolve("azure_llm_2023_conv_h1.csv.gz"), (int)
                        Math.max(1, Math.round(AZURE_ROWS * share))),
                ServeGenWindows.read(
                        folder.resolve("servegen_m_large_week1.csv.gz"),
                        EVERY,
                        WINDOWS,
                        SECONDS * share,
                        REQUESTS_PER_SECOND));
    }
}
