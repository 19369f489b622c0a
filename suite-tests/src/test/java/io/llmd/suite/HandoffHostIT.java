package io.llmd.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A prefill endpoint at an address of this machine that is not a loopback one. Nothing leaves the machine. */
class HandoffHostIT {

    private static final int PREFILL = 0;
    private static final int DECODE = 1;
    private static final String PROMPT = "The model reads a prompt and computes keys and values. ".repeat(20);

    private static RunningSuite start(String version, String address, Map<String, String> gatewaySettings) {
        return RunningSuite.startPhases(
                List.of("prefill", "decode"),
                (role, settings) -> {
                    var common = settings.option("emulate-version", version)
                            .option("prefill-overhead", "5ms")
                            .option("inter-token-latency", "2ms")
                            .option("kv-connector", "nixl")
                            .option("kv-handshake-time", "20ms")
                            .option("nixl-side-channel-port", "0");
                    return role.equals("prefill")
                            ? common.option("host", address).option("nixl-side-channel-host", address)
                            : common.option("nixl-side-channel-host", "127.0.0.1");
                },
                RunningSuite.SPLIT_ALWAYS,
                gatewaySettings);
    }

    private static String addressOfThisMachine() throws SocketException {
        return NetworkInterface.networkInterfaces()
                .filter(HandoffHostIT::isUp)
                .flatMap(NetworkInterface::inetAddresses)
                .filter(address -> address instanceof Inet4Address
                        && !address.isLoopbackAddress()
                        && !address.isLinkLocalAddress())
                .map(InetAddress::getHostAddress)
                .findFirst()
                .orElseGet(() -> abort("this machine has no IPv4 address but loopback ones"));
    }

    private static boolean isUp(NetworkInterface network) {
        try {
            return network.isUp();
        } catch (SocketException e) {
            return false;
        }
    }

    private static RunningSuite.Answer chat(RunningSuite suite, String text) {
        RunningSuite.Answer answer =
                suite.chat("{\"model\":\"sim-8b\",\"max_tokens\":3,\"messages\":[{\"role\":\"user\"," + "\"content\":\""
                        + text + " " + PROMPT + "\"}]}");
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        return answer;
    }

    private static double fetched(RunningSuite suite) {
        return suite.endpointMeter(DECODE, "vllm:external_prefix_cache_hits_total");
    }

    @ParameterizedTest
    @Tag("pd-T31")
    @DisplayName("T31: a handoff that would lead the decode endpoint to itself is done without, and counted")
    @ValueSource(strings = {"0.14.0", "0.32.0"})
    void loopbackHost(String version) throws Exception {
        try (RunningSuite suite = start(version, addressOfThisMachine(), Map.of())) {
            assertThat(chat(suite, "right").fallback()).isEmpty();
            double fetched = fetched(suite);
            assertThat(fetched).isGreaterThan(100);
            suite.faults(PREFILL, "{\"handoff\":{\"loopback_host\":1}}");

            assertThat(chat(suite, "wrong").fallback()).isEqualTo("handoff-loopback");

            assertThat(fetched(suite)).isEqualTo(fetched);
            assertThat(suite.gatewayMeter("gateway_disagg_fallbacks_total", "reason=\"handoff-loopback\""))
                    .isEqualTo(1);
        }
    }

    @ParameterizedTest
    @Tag("pd-T31")
    @DisplayName("T31: where that is wanted, the prefill endpoint's own address takes a loopback address's place")
    @ValueSource(strings = {"0.14.0", "0.32.0"})
    void loopbackHostIsReplaced(String version) throws Exception {
        Map<String, String> replacing = Map.of("gateway.disaggregation.override-loopback-host", "true");
        try (RunningSuite suite = start(version, addressOfThisMachine(), replacing)) {
            suite.faults(PREFILL, "{\"handoff\":{\"loopback_host\":1}}");

            assertThat(chat(suite, "put right").fallback()).isEmpty();

            assertThat(fetched(suite)).isGreaterThan(100);
        }
    }
}
