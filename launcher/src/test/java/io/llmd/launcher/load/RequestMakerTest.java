package io.llmd.launcher.load;

import static io.llmd.launcher.load.LoadPlans.plans;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.launcher.terminal.Json;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class RequestMakerTest {

    @Test
    void bodyIsAChatRequestOfTheAskedSize() {
        JsonNode body = bodies(plans().plan(), 1).getFirst();

        assertThat(body.path("model").asString()).isEqualTo("sim-8b");
        assertThat(body.path("max_tokens").asInt()).isEqualTo(8);
        assertThat(body.path("ignore_eos").asBoolean()).isTrue();
        assertThat(body.path("stream").asBoolean()).isTrue();
        assertThat(body.path("stream_options").path("include_usage").asBoolean())
                .isTrue();
        assertThat(content(body, 0).split(" ")).hasSize(20);
        assertThat(content(body, 1).split(" ")).hasSize(20);
    }

    @Test
    void requestsOfAGroupShareTheSystemMessageAndNothingElse() {
        List<JsonNode> bodies = bodies(plans().plan(), 60);

        assertThat(bodies.stream().map(body -> content(body, 0)).collect(Collectors.toSet()))
                .hasSize(3);
        assertThat(bodies.stream().map(body -> content(body, 1)).collect(Collectors.toSet()))
                .hasSize(60);
    }

    @Test
    void sameSeedMakesTheSameRequests() {
        assertThat(bodies(plans().plan(), 20)).isEqualTo(bodies(plans().plan(), 20));
    }

    @Test
    void unstreamedRequestsDoNotAskForAStream() {
        assertThat(bodies(plans().streamShare(0).plan(), 5)).allSatisfy(body -> {
            assertThat(body.has("stream")).isFalse();
            assertThat(body.has("stream_options")).isFalse();
        });
    }

    @Test
    void recordedPromptsAreAlikeWhereTheirTokensAre() {
        RequestMaker maker = new RequestMaker(plans().plan());
        int[] first = IntStream.range(0, 600).map(i -> 5_000 + i).toArray();
        int[] second = IntStream.range(0, 600)
                .map(i -> i < 512 ? 5_000 + i : 90_000 + i)
                .toArray();

        JsonNode one = Json.MAPPER.readTree(maker.of(first, 77).body());
        List<String> words = List.of(content(one, 0).trim().split(" "));
        List<String> others =
                List.of(content(Json.MAPPER.readTree(maker.of(second, 9).body()), 0)
                        .trim()
                        .split(" "));

        assertThat(one.path("max_tokens").asInt()).isEqualTo(77);
        assertThat(one.path("stream").asBoolean()).isTrue();
        assertThat(words).hasSize(600).allSatisfy(word -> assertThat(word).matches("[a-z]{3}"));
        assertThat(others.subList(0, 512)).isEqualTo(words.subList(0, 512));
        assertThat(others.subList(512, 530)).isNotEqualTo(words.subList(512, 530));
        assertThat(words.subList(0, 64)).isNotEqualTo(words.subList(64, 128));
    }

    private static String content(JsonNode body, int message) {
        return body.path("messages").path(message).path("content").asString();
    }

    private static List<JsonNode> bodies(LoadPlan plan, int count) {
        RequestMaker maker = new RequestMaker(plan);
        return Stream.generate(maker::next)
                .limit(count)
                .map(request -> Json.MAPPER.readTree(request.body()))
                .toList();
    }
}
