package io.llmd.gateway.access;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Key files, looked for by coverage; see CONTRIBUTING.md. */
class KeyFileFuzzTest {

    static Stream<byte[]> files() {
        String hash = "0123456789abcdef".repeat(4);
        return Stream.of(
                        "keys:\n  - {id: a, sha256: " + hash + ", tenant: t, models: [m], priority: -1}\n",
                        "keys:\n  - {id: a, sha256: " + hash + ", tenant: t, expires: 2030-01-01T00:00:00Z,"
                                + " limits: {requests-per-minute: 5}, budget: {tokens: 7, per: day}}\n"
                                + "tenants:\n  - {name: t, limits: {concurrent: 3}}\n",
                        "keys: &k [*k]\n",
                        "{\"keys\": [{\"id\": !!java.net.URL x}]}")
                .map(text -> text.getBytes(StandardCharsets.UTF_8));
    }

    /** Keys, or a reason that holds nothing of a hash. */
    @MethodSource("files")
    @FuzzTest
    void file(byte[] data) {
        try {
            assertThat(ApiKeys.parse(data).keys()).doesNotContainNull();
        } catch (IllegalArgumentException e) {
            assertThat(e.getMessage()).isNotBlank().doesNotContain("0123456789abcdef".repeat(4));
        }
    }
}
