package io.llmd.openai;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelListTest {

    private static final ModelInfo BASE = new ModelInfo("llama", 200, "vllm", 8192, null, "org/llama");
    private static final ModelInfo SMALLER = new ModelInfo("llama", 100, "sglang", 4096, null, "org/llama");
    private static final ModelInfo ADAPTER = new ModelInfo("a-lora", 300, "vllm", 0, "llama", "/adapters/a");

    private static List<ModelInfo> parse(String body) {
        return ModelList.parse(body.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void answerOfAnEndpointIsRead() {
        assertThat(parse("""
                {"object":"list","data":[
                  {"id":"llama","object":"model","created":200,"owned_by":"vllm","root":"org/llama","parent":null,"max_model_len":8192,"permission":[{"id":"p"}]},
                  {"id":"a-lora","object":"model","created":300,"owned_by":"vllm","root":"/adapters/a","parent":"llama","max_model_len":null}]}
                """)).containsExactly(BASE, ADAPTER);
    }

    @Test
    void entriesThatMakeNoSenseAreLeftOut() {
        assertThat(parse("""
                {"data":[7,null,{},{"id":""},{"id":5},{"id":["x"]},{"id":"a\\u0000"},[{"id":"nested"}],
                 {"id":"ok","created":"soon","owned_by":{},"max_model_len":-4}]}
                """)).containsExactly(new ModelInfo("ok", 0, "", 0, null, null));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "null", "<html>", "{\"data\":[{\"id\":\"x\"}", "{\"data\":{\"id\":\"x\"}}", "{}"})
    void whatIsNoModelListHasNoModels(String body) {
        assertThat(parse(body)).isEmpty();
    }

    @Test
    void orderOfEndpointsDoesNotMatter() {
        ModelList one = ModelList.merge(List.of(List.of(BASE, ADAPTER), List.of(SMALLER)));
        ModelList other = ModelList.merge(List.of(List.of(SMALLER), List.of(ADAPTER), List.of(BASE)));

        assertThat(one.models())
                .containsExactly(ADAPTER, new ModelInfo("llama", 100, "sglang", 4096, null, "org/llama"))
                .isEqualTo(other.models());
    }

    @Test
    void listIsWrittenAsInTheGoldenFile() throws IOException {
        ModelList list =
                ModelList.merge(List.of(List.of(BASE, ADAPTER, new ModelInfo("hidden", 1, "x", 1, null, null))));

        assertThat(new String(list.toJson(id -> !id.equals("hidden")), StandardCharsets.UTF_8))
                .isEqualTo(golden("model-list.json"));
        assertThat(new String(ModelList.toJson(BASE), StandardCharsets.UTF_8)).isEqualTo(golden("model.json"));
    }

    @Test
    void listThatWasWrittenCanBeRead() {
        ModelList list = ModelList.merge(List.of(List.of(BASE, ADAPTER)));

        assertThat(ModelList.parse(list.toJson(id -> true))).isEqualTo(list.models());
        assertThat(list.find("llama")).isEqualTo(BASE);
        assertThat(list.find("other")).isNull();
        assertThat(ModelList.EMPTY.toJson(id -> true)).asString().isEqualTo("{\"object\":\"list\",\"data\":[]}");
    }

    private static String golden(String name) throws IOException {
        try (var in = ModelListTest.class.getResourceAsStream("/golden/" + name)) {
            assertThat(in).as("golden file %s", name).isNotNull();
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
