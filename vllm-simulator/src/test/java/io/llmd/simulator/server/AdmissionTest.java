package io.llmd.simulator.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.Reply;
import io.llmd.simulator.config.AdmissionSettings;
import io.llmd.simulator.config.SimulatorSettings;
import java.util.Collections;
import org.junit.jupiter.api.Test;

class AdmissionTest {
    private final Admission admission = new Admission(AdmissionSettings.NONE);

    @Test
    void asManySequencesAsOneRequestMayHaveAreLetIn() {
        assertThatCode(() -> admission.check(request(4, 16_384), 0)).doesNotThrowAnyException();
    }

    @Test
    void moreSequencesThanOneRequestMayHaveAreRefused() {
        assertRefused(request(1_024, 16_384), "16777216");
    }

    private void assertRefused(Reply.Generate request, String count) {
        assertThatExceptionOfType(ApiException.class)
                .isThrownBy(() -> admission.check(request, 0))
                .withMessage("n times the number of prompts must be at most 65536, got " + count + ".")
                .satisfies(e -> assertThat(e.status()).isEqualTo(400));
    }

    private static Reply.Generate request(int prompts, int n) {
        AnsweredCall call = new AnsweredCall(SimulatorSettings.builder().build(), 0);
        String prompt = String.join(",", Collections.nCopies(prompts, "[1]"));
        return (Reply.Generate) call.reply("POST", "/v1/completions", "{\"prompt\":[" + prompt + "],\"n\":" + n + "}");
    }
}
