package io.llmd.scheduler.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.llmd.scheduler.datalayer.EndpointStore;
import io.llmd.scheduler.scheduling.Endpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FileDiscoveryTest {

    @TempDir
    Path folder;

    private Path file;
    private final EndpointStore store = new EndpointStore(Duration.ofSeconds(2), () -> 0);
    private final List<String> problems = new ArrayList<>();
    private FileDiscovery discovery;

    @BeforeEach
    void makeDiscovery() {
        file = folder.resolve("endpoints.yaml");
        discovery = new FileDiscovery(file, false, store, new DiscoveryListener() {
            @Override
            public void sourceRefused(String reason) {
                problems.add("file " + reason);
            }

            @Override
            public void entryRefused(String reason) {
                problems.add("entry " + reason);
            }

            @Override
            public void loaded(int endpoints) {}
        });
    }

    @Test
    void addressesOfAllKindsAndPortsAsTextOrNumberAreTaken() throws IOException {
        load("""
                endpoints:
                  - {name: a, address: 10.0.0.1, port: "8000", labels: {role: decode, n: 1}}
                  - {name: b, namespace: team, address: "2001:db8::1", port: 8001}
                  - {name: c, address: vllm-0.vllm.svc, port: 8002}
                """);
        assertThat(ids()).containsExactly("default/a", "default/c", "team/b");
        assertThat(store.snapshot()[0].metadata().labels())
                .containsEntry("role", "decode")
                .containsEntry("n", "1");
        assertThat(store.snapshot()[2].metadata().host()).isEqualTo("2001:db8::1");
        assertThat(discovery.isReady()).isTrue();
    }

    @Test
    void jsonIsTaken() throws IOException {
        load("{\"endpoints\":[{\"name\":\"a\",\"address\":\"10.0.0.1\",\"port\":\"80\"}]}");
        assertThat(ids()).containsExactly("default/a");
    }

    @ParameterizedTest
    @Tag("bad-input-B97")
    @ValueSource(
            strings = {
                "0.0.0.0",
                "127.0.0.1",
                "localhost",
                "::1",
                "169.254.169.254",
                "224.0.0.1",
                "999.1.1.1",
                "a b",
                "",
                "-x"
            })
    void addressesThatAreNoTargetAreRefused(String address) {
        assertThatThrownBy(() -> load("endpoints: [{name: a, address: '" + address + "', port: 80}]"))
                .isInstanceOf(DiscoveryException.class)
                .hasMessageContaining("endpoints[0].address: ");
        assertThat(discovery.isReady()).isFalse();
    }

    @ParameterizedTest
    @Tag("bad-input-B96")
    @ValueSource(strings = {"0", "65536", "-1", "http", "8 0", ""})
    void portsOutOfRangeAreRefused(String port) {
        assertThatThrownBy(() -> load("endpoints: [{name: a, address: 10.0.0.1, port: '" + port + "'}]"))
                .hasMessageContaining("endpoints[0].port: ");
    }

    @Test
    @Tag("bad-input-B97")
    void theSameAddressOrNameTwiceIsRefused() {
        assertThatThrownBy(() -> load(
                        "endpoints: [{name: a, address: 10.0.0.1, port: 80}, {name: b, address: 10.0.0.1, port: 80}]"))
                .hasMessageContaining("endpoints[1].address: the one of default/a");
        assertThatThrownBy(() -> load(
                        "endpoints: [{name: a, address: 10.0.0.1, port: 80}, {name: a, address: 10.0.0.2, port: 80}]"))
                .hasMessageContaining("endpoints[1].name: default/a");
    }

    @Test
    @Tag("inference-api-A24")
    void aRenamedFileIsFollowed() throws IOException {
        load("endpoints: [{name: a, address: 10.0.0.1, port: 80}, {name: b, address: 10.0.0.2, port: 80}]");
        Path next = folder.resolve("next");
        Files.writeString(
                next, "endpoints: [{name: b, address: 10.0.0.2, port: 80}, {name: c, address: 10.0.0.3, port: 80}]");
        discovery.watch(Duration.ofMillis(10));
        try (FileDiscovery watching = discovery) {
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
            await().untilAsserted(() -> assertThat(ids()).containsExactly("default/b", "default/c"));
            assertThat(watching.isReady()).isTrue();
        }
    }

    @Test
    @Tag("inference-api-A23")
    void anEntryThatBecomesInvalidKeepsItsPreviousVersion() throws IOException {
        load("endpoints: [{name: a, address: 10.0.0.1, port: 80}, {name: b, address: 10.0.0.2, port: 80}]");
        Files.writeString(
                file,
                "endpoints: [{name: a, address: 10.0.0.1, port: 99999}, {name: c, address: 10.0.0.3, port: 80},"
                        + " {name: d, address: 10.0.0.4, port: 80}]");
        discovery.check();
        assertThat(ids()).containsExactly("default/a", "default/c", "default/d");
        assertThat(store.snapshot()[0].metadata().port()).isEqualTo(80);
        assertThat(problems).singleElement().asString().contains("endpoints[0].port: 99999");
    }

    @ParameterizedTest
    @Tag("bad-input-B98")
    @ValueSource(
            strings = {
                "",
                "endpoints",
                "endpoints: 5",
                "other: []",
                "endpoints: [",
                "\t- x",
                "a: !!javax.script.ScriptEngineManager []",
                "endpoints: []\nendpoints: []"
            })
    void aFileOfNoUseKeepsTheList(String text) throws IOException {
        load("endpoints: [{name: a, address: 10.0.0.1, port: 80}]");
        Files.writeString(file, text);
        discovery.check();
        discovery.check();
        assertThat(ids()).containsExactly("default/a");
        assertThat(problems).hasSize(1);
        assertThat(discovery.problem()).isNotEmpty();
        Files.writeString(file, "endpoints: [{name: a, address: 10.0.0.1, port: 80}]");
        discovery.check();
        assertThat(discovery.problem()).isEmpty();
    }

    @Test
    @Tag("bad-input-B98")
    void aFolderABrokenLinkOrAHugeFileInItsPlaceKeepsTheList() throws IOException {
        load("endpoints: [{name: a, address: 10.0.0.1, port: 80}]");
        Files.delete(file);
        Files.createDirectory(file);
        discovery.check();
        Files.delete(file);
        Files.createSymbolicLink(file, folder.resolve("nowhere"));
        discovery.check();
        Files.delete(file);
        Files.writeString(file, "#".repeat((1 << 20) + 1));
        discovery.check();
        assertThat(ids()).containsExactly("default/a");
        assertThat(problems).hasSize(3);
    }

    @Test
    @Tag("inference-api-A22")
    void oneInvalidEntryOfThreeAtTheStartIsRefused() {
        assertThatThrownBy(() -> load("""
                        endpoints:
                          - {name: a, address: 10.0.0.1, port: 80}
                          - {name: b, address: 10.0.0.2, port: none}
                          - {name: c, address: 10.0.0.3, port: 80}
                        """))
                .isInstanceOf(DiscoveryException.class)
                .hasMessageContaining("endpoints[1].port: none");
        assertThat(discovery.isReady()).isFalse();
    }

    @Test
    void anEmptyListIsAList() throws IOException {
        load("endpoints: [{name: a, address: 10.0.0.1, port: 80}]");
        Files.writeString(file, "endpoints: []");
        discovery.check();
        assertThat(ids()).isEmpty();
    }

    @Test
    void aMissingFileAtStartIsRefused() {
        assertThatThrownBy(discovery::load).isInstanceOf(DiscoveryException.class);
    }

    private void load(String text) throws IOException {
        Files.writeString(file, text);
        discovery.load();
    }

    private List<String> ids() {
        return Stream.of(store.snapshot()).map(Endpoint::id).toList();
    }
}
