package io.llmd.launcher.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class GatewayBenchCommandTest {

    private final StringWriter err = new StringWriter();
    private final StringWriter out = new StringWriter();

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--contenders=envoy   | envoy (expected: nginx, haproxy, relay, scg, vllm-router, smg, litellm, llmd)",
                "--rounds=0           | rounds: 0 (expected: >= 1)",
                "--seconds=0.01       | window in milliseconds: 10 (expected: >= 100)",
                "--connections=0      | connections: 0 (expected: >= 1)",
                "--streams=0          | streams: 0 (expected: >= 1)",
                "--warm-up=-1         | warm-up in milliseconds: -1000 (expected: >= 0)",
                "--workloads=fast     | [fast] (expected: short, long, paced, unpaced, single, half)",
                "--workloads=half     | half (expected: with short",
                "--unknown            | --unknown"
            })
    void wrongOptionsEndWithTwoBeforeAnythingStarts(String option, String message) {
        assertThat(execute("gateway", option)).isEqualTo(2);
        assertThat(err.toString()).contains(message);
    }

    @Test
    void benchWithoutANameIsAUsageError() {
        assertThat(execute()).isEqualTo(2);
    }

    @Test
    void helpNamesTheContenders() {
        assertThat(execute("gateway", "--help")).isZero();
        assertThat(out.toString())
                .contains("--contenders")
                .containsIgnoringWhitespaces("nginx, haproxy, relay, scg, vllm-router, smg, litellm, llmd");
    }

    private int execute(String... arguments) {
        return new CommandLine(new BenchCommand())
                .setErr(new PrintWriter(err))
                .setOut(new PrintWriter(out))
                .execute(arguments);
    }
}
