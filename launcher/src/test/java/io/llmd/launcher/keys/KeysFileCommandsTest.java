package io.llmd.launcher.keys;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.gateway.access.ApiKey;
import io.llmd.gateway.access.ApiKeys;
import io.llmd.launcher.Captured;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code keys list}, {@code rotate} and {@code expire}, which work on a file. */
class KeysFileCommandsTest {

    @TempDir
    Path folder;

    private final Captured captured = new Captured();
    private Path file;

    @BeforeEach
    void write() throws IOException {
        file = Files.writeString(folder.resolve("keys.yaml"), """
                # ours
                keys:
                  - id: one
                    sha256: "%s"
                    tenant: team-a
                    priority: -1
                    models: [b, a]
                    limits: {requests-per-minute: 60}
                    budget: {tokens: 900, per: month}
                  - id: two
                    sha256: "%s"
                    tenant: team-b
                    expires: 2020-01-31T00:00:00Z
                """.formatted("0a".repeat(32), "0b".repeat(32)));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
    }

    private int run(String... arguments) {
        return captured.run(arguments);
    }

    private List<ApiKey> keys() throws IOException {
        return ApiKeys.parse(Files.readAllBytes(file)).keys();
    }

    @Test
    void listSaysWhoseKeysAreAndWhatTheyMay() {
        assertThat(run("keys", "list", "--file", file.toString())).isZero();

        assertThat(captured.out())
                .contains("team-a")
                .contains("a,b")
                .contains("60 requests/min, 900 tokens/month")
                .contains("of the settings")
                .contains("2020-01-31T00:00:00Z (over)")
                .doesNotContain("0a0a");
    }

    @Test
    void listAsJsonIsOneObjectForEachKey() {
        assertThat(run("keys", "list", "--json", "--file", file.toString())).isZero();

        assertThat(captured.out().lines())
                .hasSize(2)
                .first()
                .asString()
                .startsWith("{\"id\":\"one\",\"tenant\":\"team-a\",\"priority\":-1,\"models\":[\"a\",\"b\"]")
                .endsWith("\"expires\":null}");
    }

    @Test
    void rotateMakesAKeyLikeTheOtherWhichEndsLater() throws IOException {
        Instant before = Instant.now();

        assertThat(run("keys", "rotate", "one", "--grace", "2h", "--file", file.toString()))
                .isZero();

        ApiKey old = keys().getFirst();
        ApiKey made = keys().getLast();
        assertThat(keys()).hasSize(3);
        assertThat(old.expires())
                .isBetween(before.plusSeconds(7_199), Instant.now().plusSeconds(7_200));
        assertThat(made.expires()).isNull();
        assertThat(made.tenant()).isEqualTo("team-a");
        assertThat(made.models()).containsExactlyInAnyOrder("a", "b");
        assertThat(made.allowance()).isEqualTo(old.allowance());
        assertThat(captured.out()).containsPattern("sk-[A-Za-z0-9_-]{43}").contains(made.id());
        assertThat(Files.readString(file)).startsWith("# ours").doesNotContain("sk-");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-r-----");
    }

    @Test
    void expireEndsAKeyAtOnceOrLater() throws IOException {
        assertThat(run("keys", "expire", "one", "--file", file.toString())).isZero();
        assertThat(keys().getFirst().expires()).isBeforeOrEqualTo(Instant.now());

        assertThat(run("keys", "expire", "one", "--in", "1h", "--file", file.toString()))
                .isZero();
        assertThat(keys().getFirst().expires()).isAfter(Instant.now().plus(Duration.ofMinutes(59)));
    }

    @Test
    void anUnknownKeyAndAMissingOrBrokenFileFail() throws IOException {
        String before = Files.readString(file);
        assertThat(run("keys", "expire", "three", "--file", file.toString())).isEqualTo(1);
        assertThat(captured.err()).contains("three").contains("expected: ");
        assertThat(Files.readString(file)).isEqualTo(before);

        assertThat(run("keys", "list", "--file", folder.resolve("none").toString()))
                .isEqualTo(1);
        assertThat(captured.err()).contains("no such file");

        assertThat(run("keys", "list", "--file", folder.toString())).isEqualTo(1);
        assertThat(captured.err()).contains("Is a directory");

        Files.writeString(file, "keys: 7");
        assertThat(run("keys", "rotate", "one", "--file", file.toString())).isEqualTo(1);
        assertThat(Files.readString(file)).isEqualTo("keys: 7");
    }

    @Test
    void aFileThatMayNotBeReadIsSaidToBeOne() throws IOException {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("-w-------"));
        Assumptions.assumeFalse(Files.isReadable(file), "root reads every file");

        assertThat(run("keys", "list", "--file", file.toString())).isEqualTo(1);
        assertThat(captured.err()).contains("no permission to read it");
    }
}
