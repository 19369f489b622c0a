package io.llmd.openai;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.contracts.error.ErrorCode;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** The OpenAPI document describes the routes, fields and codes that the code has. */
class OpenApiDocumentTest {

    private final Map<String, Object> document = load();

    @SuppressWarnings("unchecked")
    private static Map<String, Object> load() {
        LoaderOptions options = new LoaderOptions();
        options.setAllowDuplicateKeys(false);
        try (InputStream in = OpenApiDocumentTest.class.getResourceAsStream("/openapi/gateway.yaml")) {
            assertThat(in).isNotNull();
            return (Map<String, Object>) new Yaml(new SafeConstructor(options)).load(in);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @SuppressWarnings("unchecked")
    private Map<String, Object> at(String... path) {
        Map<String, Object> node = document;
        for (String name : path) {
            assertThat(node).containsKey(name);
            node = (Map<String, Object>) node.get(name);
        }
        return node;
    }

    @Test
    void everyRouteIsDescribedAsAPost() {
        for (ApiRoute route : ApiRoute.values()) {
            assertThat(at("paths", route.path())).containsOnlyKeys("post");
            assertThat(at("paths", route.path(), "post", "responses"))
                    .containsKeys("200", "400", "401", "404", "429", "503");
        }
        assertThat(at("paths").keySet())
                .containsExactlyInAnyOrderElementsOf(new TreeSet<>(List.of(
                        "/v1/models",
                        "/v1/models/{model}",
                        "/health",
                        "/v1/chat/completions",
                        "/v1/completions",
                        "/v1/embeddings",
                        "/v1/responses",
                        "/v1/messages",
                        "/inference/v1/generate",
                        "/tokenize",
                        "/detokenize")));
    }

    @Test
    void everyErrorCodeIsListed() {
        assertThat(at("components", "schemas", "Error", "properties", "error", "properties", "code")
                        .get("enum"))
                .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.LIST)
                .containsExactlyInAnyOrderElementsOf(Arrays.stream(ErrorCode.values())
                        .map(ErrorCode::wireName)
                        .toList());
    }

    @Test
    void everyInterpretedMemberIsDescribed() {
        Map<ApiRoute, String> schemas = Map.of(
                ApiRoute.CHAT_COMPLETIONS, "ChatCompletionRequest",
                ApiRoute.COMPLETIONS, "CompletionRequest",
                ApiRoute.EMBEDDINGS, "EmbeddingRequest",
                ApiRoute.RESPONSES, "ResponseRequest",
                ApiRoute.MESSAGES, "MessagesRequest",
                ApiRoute.GENERATE, "GenerateRequest",
                ApiRoute.TOKENIZE, "TokenizeRequest",
                ApiRoute.DETOKENIZE, "DetokenizeRequest");
        List<String> missing = new ArrayList<>();
        schemas.forEach((route, schema) -> {
            Map<String, Object> described = at("components", "schemas", schema, "properties");
            for (Field field : Field.values()) {
                boolean isInternal = (field.bit() & Field.TRANSFER) != 0
                        || field == Field.TOKENS && route == ApiRoute.CHAT_COMPLETIONS;
                if (!isInternal
                        && Field.of(field.wireName(), route) != null
                        && !described.containsKey(field.wireName())) {
                    missing.add(schema + "." + field.wireName());
                }
            }
        });

        assertThat(missing).isEmpty();
    }

    @Test
    void everyReferenceLeadsSomewhere() {
        List<String> references = new ArrayList<>();
        collectReferences(document, references);

        assertThat(references).isNotEmpty().allSatisfy(reference -> {
            assertThat(reference).startsWith("#/");
            assertThat(at(reference.substring(2).split("/"))).isNotEmpty();
        });
    }

    private static void collectReferences(Object node, List<String> references) {
        switch (node) {
            case Map<?, ?> map ->
                map.forEach((name, value) -> {
                    if (name.equals("$ref")) {
                        references.add((String) value);
                    }
                    collectReferences(value, references);
                });
            case List<?> list -> list.forEach(value -> collectReferences(value, references));
            case null, default -> {}
        }
    }
}
