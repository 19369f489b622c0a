package io.llmd.simulator.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.llmd.simulator.engine.TableLatency;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LatencyTableFileTest {
    private static final String TABLE = """
            # measured
            phase,size,context,millis
            request,0,0,11
            prefill,512,0,11
            prefill,2048,0,40

            decode, 1, 1024, 6.8
            decode,1,8192,7
            decode,64,1024,10.8
            decode,64,8192,36
            """;

    @TempDir
    private Path folder;

    private Path file;

    @BeforeEach
    void place() {
        file = folder.resolve("steps.csv");
    }

    @Test
    void linesBecomeGrids() throws IOException {
        Files.writeString(file, TABLE);
        TableLatency table = LatencyTableFile.read(file);
        assertThat(table.apiNanos()).isEqualTo(11_000_000);
        assertThat(table.prefill().sizes()).containsExactly(512, 2048);
        assertThat(table.decode().contexts()).containsExactly(1024, 8192);
        assertThat(table.decode().nanos()[1]).containsExactly(10.8e6, 36e6);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            prefill,512,0 | line 11: prefill,512,0
            prefill,512,0,11 | line 11: prefill,512,0,11
            prefill,512,0,fast | line 11: prefill,512,0,fast
            prefill,512,-1,1 | line 11: prefill,512,-1,1
            encode,1,1,1 | line 11: encode,1,1,1
            request,0,0,1 | line 11: request,0,0,1
            decode,2,1024,7 | no line decode,2.0,8192.0
            """)
    void linesThatAreWrongAreNamed(String line, String message) throws IOException {
        Files.writeString(file, TABLE + line);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LatencyTableFile.read(file))
                .withMessageContaining(message)
                .withMessageContaining("(expected: ");
    }

    @Test
    void bothPhasesAreNeeded() throws IOException {
        Files.writeString(file, "prefill,1,0,1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LatencyTableFile.read(file))
                .withMessageContaining("no line of decode");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SimulatorSettings.builder().option("latency-model", "table:" + folder))
                .withMessageStartingWith("latency-model: " + folder + ": cannot be read");
    }
}
