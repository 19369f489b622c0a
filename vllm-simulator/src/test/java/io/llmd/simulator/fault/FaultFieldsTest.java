package io.llmd.simulator.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.llmd.simulator.api.Json;
import io.llmd.simulator.config.FailureType;
import io.llmd.simulator.config.FaultSettings;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.ObjectNode;

class FaultFieldsTest {

    @Test
    void nothingIsWrongAtFirst() {
        assertThat(Json.string(FaultFields.write(Faults.NONE)))
                .startsWith("{\"refuse\":false,\"status\":null,\"failure\":null,\"delay\":null,")
                .contains(
                        "\"stall_after_tokens\":null,\"drop_after_tokens\":null,",
                        "\"dead\":false,\"slow_factor\":1.0");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"refuse\":true",
                "\"refuse\":{\"probability\":0.5}",
                "\"status\":{\"code\":503,\"count\":2}",
                "\"status\":{\"code\":503,\"count\":null}",
                "\"failure\":[\"rate_limit\",\"server_error\"]",
                "\"failure\":{\"types\":[\"rate_limit\"],\"probability\":0.25,\"phase\":\"prefill\",\"count\":3}",
                "\"delay\":{\"by\":\"200ms\",\"probability\":0.1}",
                "\"stall_before_head\":true",
                "\"stall_before_head\":\"5s\"",
                "\"stall_after_tokens\":2",
                "\"stall_after_tokens\":{\"tokens\":2,\"for\":\"1500ms\"}",
                "\"drop_after_tokens\":3",
                "\"reset_after_tokens\":0",
                "\"error_after_tokens\":{\"tokens\":1,\"phase\":\"decode\"}",
                "\"drip\":{\"bytes\":1,\"every\":\"10ms\"}",
                "\"garbage\":{\"kind\":\"odd_split\",\"event\":3}",
                "\"content_length\":-4",
                "\"handoff_absent\":true",
                "\"handoff_loopback_host\":{\"probability\":0.5}",
                "\"handoff_read_failure\":{\"count\":2}",
                "\"dead\":true",
                "\"slow_factor\":2.5",
                "\"withheld_share\":0.75",
                "\"die\":\"5s\"",
                "\"time-to-first-token\":\"20ms\"",
                "\"inter-token-latency-std-dev\":\"1500us\"",
                "\"time-factor-under-load\":2.5",
                "\"metrics\":\"frozen\"",
                "\"metrics\":404",
                "\"metrics\":{\"page\":\"empty\",\"delay\":\"2s\"}",
                "\"metrics\":{\"page\":\"live\",\"delay\":\"2s\"}",
                "\"kv_events\":{\"drop\":0.5,\"duplicate\":0.25,\"reorder\":0.0,\"skip\":0.0,\"seed\":3}",
                "\"kv_events\":{\"drop\":0.0,\"duplicate\":0.0,\"reorder\":1.0,\"skip\":0.0,\"batches\":2,\"seed\":0}",
                "\"handoff\":{\"absent\":0.5,\"loopback_host\":1.0,\"lease\":\"1s\",\"read_failure\":0.25,"
                        + "\"handshake_mismatch\":true,\"slow_factor\":4.0}"
            })
    void fieldIsReadAsItIsWritten(String field) {
        Faults faults = FaultFields.change(Faults.NONE, object("{" + field + "}"));
        assertThat(faults).isNotEqualTo(Faults.NONE);
        assertThat(Json.string(FaultFields.write(faults))).contains(field);
        assertThat(FaultFields.change(Faults.NONE, FaultFields.write(faults))).isEqualTo(faults);
    }

    @Test
    void changeNamesWhatItChangesAndNullSwitchesOff() {
        Faults faults =
                FaultFields.change(Faults.NONE, object("{\"status\":429,\"drop_after_tokens\":1,\"dead\":true}"));
        Faults changed =
                FaultFields.change(faults, object("{\"status\":null,\"drop_after_tokens\":false,\"slow_factor\":2}"));
        assertThat(changed).isEqualTo(Faults.NONE.withDead(true).withSlowFactor(2));
    }

    @Test
    void failuresCanBeNamedAsElsewhere() {
        Injection rateLimits =
                new Injection(new RequestFault.Failure(List.of(FailureType.RATE_LIMIT)), Trigger.withProbability(0.25));
        for (String json : List.of(
                "{\"failure-types\":[\"rate_limit\"],\"failure-injection-rate\":25}",
                "{\"failure-injection-rate\":25,\"failure-types\":[\"rate_limit\"]}")) {
            Faults faults = FaultFields.change(Faults.NONE, object(json));
            assertThat(faults).isEqualTo(Faults.NONE.with(rateLimits));
            assertThat(faults)
                    .isEqualTo(Faults.of(FaultSettings.NONE
                            .withFailurePercent(25)
                            .withFailureTypes(List.of(FailureType.RATE_LIMIT))));
            assertThat(FaultFields.change(faults, object("{\"failure-injection-rate\":50}")))
                    .isEqualTo(Faults.NONE.with(new Injection(rateLimits.fault(), Trigger.withProbability(0.5))));
            assertThat(FaultFields.change(faults, object("{\"failure-injection-rate\":0}")))
                    .isEqualTo(Faults.NONE);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "failure-injection-rate",
                "slow_factor",
                "withheld_share",
                "status",
                "stall_after_tokens",
                "delay",
                "die",
                "metrics",
                "content_length"
            })
    void numberBeyondAllBoundsIsRefused(String field) {
        for (String number : List.of("9".repeat(400), "-" + "9".repeat(400), "1e400", "99999999999999999999")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> FaultFields.change(Faults.NONE, object("{\"" + field + "\":" + number + "}")));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"drop", "duplicate", "reorder", "skip", "batches", "seed"})
    void numberOfAKvEventFaultBeyondAllBoundsIsRefused(String field) {
        for (String number : List.of("9".repeat(400), "1e400")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> FaultFields.change(
                            Faults.NONE, object("{\"kv_events\":{\"" + field + "\":" + number + "}}")));
        }
    }

    @Test
    void unknownFieldNamesTheAcceptedOnes() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> FaultFields.change(Faults.NONE, object("{\"misspelt\":1}")))
                .withMessageContaining("misspelt")
                .withMessageContaining("drop_after_tokens")
                .withMessageContaining("slow_factor");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            value = {
                "'status':200|status code: 200 (expected: 400 to 599)",
                "'status':{'code':503,'count':0}|count: 0 (expected: >= 1",
                "'status':{'count':1}|status.code: absent (expected: a whole number)",
                "'status':{'code':503,'often':1}|status.often: unknown (expected: one of [code, probability, phase, count])",
                "'status':'bad'|status.code: \"bad\" (expected: a whole number)",
                "'refuse':3|refuse: 3 (expected: true, false or an object)",
                "'refuse':{'probability':1.5}|probability: 1.5 (expected: > 0 to 1)",
                "'delay':{'by':'soon'}|delay.by: soon (expected: a duration",
                "'delay':0|delay: 0s (expected: > 0)",
                "'delay':'999999999999999m'|delay.by: 999999999999999m (expected: a duration",
                "'drop_after_tokens':-1|drop_after_tokens: -1 (expected: >= 0)",
                "'drip':0|drip bytes: 0 (expected: >= 1)",
                "'garbage':'nice'|garbage kind: nice (expected: one of broken_json, half_character, odd_split)",
                "'failure':['bad_luck']|failure type: bad_luck (expected: one of rate_limit,",
                "'content_length':0|content_length off: 0 (expected: another number)",
                "'stall_after_tokens':{'tokens':1,'phase':'encode'}|phase: encode (expected: one of prefill, decode, both)",
                "'dead':1|dead: 1 (expected: true or false)",
                "'slow_factor':0|slow_factor: 0.0 (expected: > 0 to 1000000)",
                "'slow_factor':'fast'|slow_factor: \"fast\" (expected: a number)",
                "'failure-injection-rate':101|failure-injection-rate: 101 (expected: 0 to 100 percent)",
                "'failure-types':['bad_luck']|failure type: bad_luck (expected: one of rate_limit,",
                "'die':true|die.for: absent (expected: a duration",
                "'time-to-first-token':'soon'|time-to-first-token: soon (expected: a duration like",
                "'prefill-overhead':[]|prefill-overhead: [] (expected: a duration like",
                "'time-factor-under-load':0.5|time-factor-under-load: 0.5 (expected: >= 1)",
                "'die':'0s'|die: 0s (expected: > 0)",
                "'withheld_share':2|withheld_share: 2.0 (expected: 0 to 1)",
                "'metrics':'gone'|metrics page: gone (expected: frozen, empty, live, or a status)",
                "'metrics':200|metrics page: 200 (expected: 400 to 599)",
                "'metrics':{'delay':'0s'}|metrics delay: 0s (expected: > 0)",
                "'kv_events':1|kv_events: 1 (expected: an object with some of [drop, duplicate,",
                "'kv_events':{'drop':0.7,'skip':0.7}|(expected: shares >= 0, together <= 1)",
                "'handoff':{'absent':2}|handoff absent: 2.0 (expected: 0 to 1)",
                "'handoff':{'handshake_mismatch':1}|handoff.handshake_mismatch: 1 (expected: true or false)"
            })
    void badValueIsRefusedWithWhatIsExpected(String fields, String message) {
        String json = "{" + fields.replace('\'', '"') + "}";
        assertThatIllegalArgumentException()
                .isThrownBy(() -> FaultFields.change(Faults.NONE, object(json)))
                .withMessageContaining(message);
    }

    private static ObjectNode object(String json) {
        return (ObjectNode) Json.read(json);
    }
}
