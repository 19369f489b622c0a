package io.llmd.lab.traffic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.simulator.cluster.ClientRequest;
import io.llmd.simulator.cluster.Workload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AzureTraceTest {

    @TempDir
    private Path folder;

    @Test
    void rowsHaveTheirTimesAndLengths() throws IOException {
        Workload load = AzureTrace.read("azure", file("""
                        TIMESTAMP,ContextTokens,GeneratedTokens
                        2023-11-16 18:17:03.9799600,374,44
                        2023-11-16 18:17:04.4799600,879,0
                        """)).load(1).workload();
        assertThat(load.nextTime()).isZero();
        ClientRequest first = load.next();
        assertThat(first.prompt()).hasSize(374);
        assertThat(first.outputLength()).isEqualTo(44);
        assertThat(load.nextTime()).isEqualTo(500_000_000);
        assertThat(load.next().outputLength()).isOne();
    }

    @Test
    void timesMayHaveAnOffset() throws IOException {
        assertThat(AzureTrace.read("azure", file("""
                        TIMESTAMP,ContextTokens,GeneratedTokens
                        2024-05-10 00:00:00.009930+00:00,10,5
                        2024-05-10 00:00:02.009930+00:00,10,5
                        """)).requestsPerSecond()).isEqualTo(1);
    }

    @Test
    void aBadRowIsNamed() {
        assertThatThrownBy(() -> AzureTrace.read("azure", file("head\n2023-11-16 18:17:03,many,1\n")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("row 1");
        assertThatThrownBy(() -> AzureTrace.read("azure", file("head\nyesterday,1,1\n")))
                .hasMessageContaining("yesterday");
        assertThatThrownBy(() -> AzureTrace.read("azure", file("head\n"))).hasMessageContaining("no rows");
    }

    private Path file(String text) throws IOException {
        return Files.writeString(folder.resolve("trace.csv"), text);
    }
}
