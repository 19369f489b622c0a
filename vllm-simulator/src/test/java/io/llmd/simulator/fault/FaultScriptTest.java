package io.llmd.simulator.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.llmd.simulator.api.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FaultScriptTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "- {at: 20s, set: {slow_factor: 2}}\n- at: 10s\n  for: 5s\n  set:\n    dead: true\n    die: 2s\n",
                "[{\"at\":\"20s\",\"set\":{\"slow_factor\":2}},"
                        + "{\"at\":\"10s\",\"for\":\"5s\",\"set\":{\"dead\":true,\"die\":\"2s\"}}]"
            })
    void fileIsYamlOrJson(String text) throws IOException {
        FaultScript script = FaultScript.read(Files.writeString(folder.resolve("script"), text));
        assertThat(script.entries()).hasSize(2);
        FaultScript.Entry first = script.entries().getFirst();
        assertThat(first.at()).isEqualTo(Duration.ofSeconds(10));
        assertThat(first.length()).isEqualTo(Duration.ofSeconds(5));
        assertThat(Json.string(first.set())).isEqualTo("{\"dead\":true,\"die\":\"2s\"}");
        assertThat(script.entries().getLast().length()).isNull();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            value = {
                "{}|script: no list (expected: entries with [at, for, set])",
                "[1]|script entry: 1 (expected: an object with [at, for, set])",
                "[{'at':'1s'}]|script set: absent (expected: an object)",
                "[{'set':{'dead':true}}]|script.at: absent (expected: a duration",
                "[{'at':'1s','set':{}}]|script set: empty (expected: some of [refuse, status,",
                "[{'at':'1s','set':{'misspelt':1}}]|misspelt: unknown (expected: one of [refuse, status,",
                "[{'at':'1s','set':{'slow_factor':0}}]|slow_factor: 0.0 (expected: > 0 to 1000000)",
                "[{'at':'1s','for':'0s','set':{'dead':true}}]|script for: 0s (expected: > 0)",
                "[{'at':'1s','until':'2s','set':{'dead':true}}]|script.until: unknown (expected: one of [at, for, set])",
                "[{'at':'1s','for':'5s','set':{'dead':true}},{'at':'3s','set':{'dead':true}}]|script: dead is set at 1s"
                        + " and again at 3s (expected: one after the other)",
                "[{'at':'1s','set':{'dead':true}},{'at':'1s','set':{'dead':false}}]|script: dead is set at 1s and again"
            })
    void badScriptIsRefusedWithWhatIsExpected(String script, String message) {
        String json = script.replace('\'', '"');
        assertThatIllegalArgumentException()
                .isThrownBy(() -> FaultScript.of(Json.read(json)))
                .withMessageContaining(message);
    }

    @Test
    void laterEntryMayReplaceAnEarlierOne() {
        assertThat(script("[{'at':'1s','set':{'slow_factor':2}},{'at':'3s','for':'1s','set':{'slow_factor':4}}]")
                        .entries())
                .hasSize(2);
        assertThat(script("[{'at':'1s','for':'2s','set':{'dead':true}},{'at':'3s','set':{'dead':true}}]")
                        .entries())
                .hasSize(2);
    }

    @Test
    void fileThatIsNoScriptIsNamed() throws IOException {
        Path file = Files.writeString(folder.resolve("script.yaml"), "{ [");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> FaultScript.read(file))
                .withMessageContaining("script.yaml: cannot be read");
        Path empty = Files.writeString(folder.resolve("empty.yaml"), "");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> FaultScript.read(empty))
                .withMessageContaining("empty.yaml: empty (expected: a fault script)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> FaultScript.read(folder.resolve("absent.yaml")))
                .withMessageContaining("absent.yaml: cannot be read");
    }

    private static FaultScript script(String json) {
        return FaultScript.of(Json.read(json.replace('\'', '"')));
    }
}
