package io.llmd.launcher.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class LlmdContenderTest {

    @Test
    void gatewayAndSchedulerShareAProcessWithKeysOffAndAStaticListOfEndpoints() {
        assertThat(new LlmdContender().command(21_000, List.of(9001, 9002), Path.of("unused")))
                .containsSubsequence("io.llmd.launcher.Llmd", "serve", "--roles", "scheduler,gateway")
                .containsSubsequence("--port-base", "21000")
                .containsSubsequence("--set", "gateway.access.mode=open")
                .contains("scheduler.discovery.endpoints[0].port=9001", "scheduler.discovery.endpoints[1].port=9002");
    }

    @Test
    void allJvmContendersHaveTheSameHeapCollectorAndEventLoops() throws IOException {
        Path folder = Path.of("unused");
        List<Integer> endpoints = List.of(9001);
        for (Contender contender : List.of(new LlmdContender(), new RelayContender(), new SpringGatewayContender())) {
            assertThat(contender.command(21_000, endpoints, folder))
                    .contains("-Xmx512m", "-XX:+UseParallelGC", "-Dreactor.netty.ioWorkerCount=2");
        }
    }
}
