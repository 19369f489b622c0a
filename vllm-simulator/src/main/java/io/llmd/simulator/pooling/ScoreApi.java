package io.llmd.simulator.pooling;

import static java.util.stream.Collectors.joining;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.BodySchema;
import io.llmd.simulator.api.Call;
import io.llmd.simulator.api.CompleteAnswer;
import io.llmd.simulator.api.FieldType;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.Reply;
import io.llmd.simulator.api.RequestFields;
import io.llmd.simulator.api.RequestIds;
import io.llmd.simulator.api.TransferFields;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.openai.ModelNames;
import io.llmd.simulator.openai.PromptLimits;
import io.llmd.simulator.openai.UsageRules;
import io.llmd.simulator.output.Choice;
import io.llmd.simulator.output.Sampling;
import io.llmd.simulator.token.RenderedPrompt;
import io.llmd.simulator.token.Tokenizer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code POST /score} and {@code /rerank}: how close texts are, from the words they share. The engine computes each pair
 * as one prompt.
 */
public final class ScoreApi {
    private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{N}]{1,1000}");
    private static final int DIMENSIONS = 256;
    private static final FieldType TEXTS = FieldType.anyOf(FieldType.STRING, FieldType.DICT, FieldType.ANY.list());
    private static final BodySchema SCORE = BodySchema.either(
            pair("queries", "documents"), pair("queries", "items"), pair("data_1", "data_2"), pair("text_1", "text_2"));
    private static final BodySchema RERANK = BodySchema.builder()
            .optional("model", FieldType.STRING.nullable())
            .required("query", FieldType.anyOf(FieldType.STRING, FieldType.DICT))
            .required("documents", TEXTS)
            .optional("top_n", FieldType.INTEGER.atLeast(0))
            .build();
    private static final List<List<String>> NAMES = List.of(
            List.of("queries", "documents"),
            List.of("queries", "items"),
            List.of("data_1", "data_2"),
            List.of("text_1", "text_2"));

    private final TokenVectors vectors;
    private final Tokenizer tokenizer;
    private final ModelNames models;
    private final PromptLimits limits;

    public ScoreApi(SimulatorSettings settings, Tokenizer tokenizer, ModelNames models) {
        this.tokenizer = tokenizer;
        this.models = models;
        vectors = new TokenVectors(settings.seed(), DIMENSIONS);
        limits = new PromptLimits(settings);
    }

    private static BodySchema pair(String one, String other) {
        return BodySchema.builder()
                .optional("model", FieldType.STRING.nullable())
                .required(one, TEXTS)
                .required(other, TEXTS)
                .build();
    }

    /** {@code POST /score}: one to one, one to many, or many to as many. */
    public Reply score(Call call) {
        RequestFields fields = call.fields(SCORE);
        String model = models.resolveForPooling(fields);
        List<String> names = NAMES.stream()
                .filter(pair -> pair.stream().allMatch(fields::has))
                .findFirst()
                .orElseThrow();
        List<String> one = texts(fields.body().path(names.getFirst()));
        List<String> other = texts(fields.body().path(names.getLast()));
        if (one.isEmpty()) {
            throw ApiException.badRequest("At least one text element must be given", null);
        }
        if (other.isEmpty()) {
            throw ApiException.badRequest("At least one text_pair element must be given", null);
        }
        if (one.size() > 1 && one.size() != other.size()) {
            throw ApiException.badRequest("Input lengths must be either 1:1, 1:N or N:N", null);
        }
        List<Double> scores = new ArrayList<>();
        List<RenderedPrompt> prompts = new ArrayList<>();
        for (int i = 0; i < other.size(); i++) {
            pair(one.get(one.size() == 1 ? 0 : i), other.get(i), scores, prompts);
        }
        String id = "score-" + RequestIds.of(call, fields);
        CompleteAnswer answer = choices -> scoreBody(id, call.nowSeconds(), model, scores, choices);
        return new Reply.Generate(id, model, prompts, Sampling.none(), true, TransferFields.NONE, answer);
    }

    private static ObjectNode scoreBody(
            String id, long created, String model, List<Double> scores, List<Choice> choices) {
        ObjectNode body = Json.object()
                .put("id", id)
                .put("object", "list")
                .put("created", created)
                .put("model", model);
        ArrayNode data = body.putArray("data");
        for (int i = 0; i < scores.size(); i++) {
            data.addObject().put("index", i).put("object", "score").put("score", scores.get(i));
        }
        body.set("usage", UsageRules.PLAIN.of(choices).complete());
        return body;
    }

    /** {@code POST /rerank}: the documents, closest first. */
    public Reply rerank(Call call) {
        RequestFields fields = call.fields(RERANK);
        String model = models.resolveForPooling(fields);
        String query = texts(fields.body().path("query")).getFirst();
        List<String> documents = texts(fields.body().path("documents"));
        if (documents.isEmpty()) {
            throw ApiException.badRequest("At least one text_pair element must be given", null);
        }
        List<Double> scores = new ArrayList<>();
        List<RenderedPrompt> prompts = new ArrayList<>();
        documents.forEach(document -> pair(query, document, scores, prompts));
        Integer wanted = fields.integer("top_n");
        int top = wanted == null || wanted == 0 ? documents.size() : wanted;
        String id = "score-" + RequestIds.of(call, fields);
        CompleteAnswer answer = choices -> rerankBody(id, model, documents, scores, top, choices);
        return new Reply.Generate(id, model, prompts, Sampling.none(), true, TransferFields.NONE, answer);
    }

    private static ObjectNode rerankBody(
            String id, String model, List<String> documents, List<Double> scores, int top, List<Choice> choices) {
        ObjectNode body = Json.object().put("id", id).put("model", model);
        int tokens = UsageRules.PLAIN.of(choices).promptTokens();
        body.putObject("usage").put("prompt_tokens", tokens).put("total_tokens", tokens);
        ArrayNode results = body.putArray("results");
        IntStream.range(0, scores.size())
                .boxed()
                .sorted(Comparator.comparing(scores::get, Comparator.reverseOrder()))
                .limit(top)
                .forEach(i -> {
                    ObjectNode result = results.addObject().put("index", i);
                    result.putObject("document").put("text", documents.get(i)).putNull("multi_modal");
                    result.put("relevance_score", scores.get(i));
                });
        return body;
    }

    private void pair(String one, String other, List<Double> scores, List<RenderedPrompt> prompts) {
        int[] left = tokenizer.encode(words(one));
        int[] right = tokenizer.encode(words(other));
        RenderedPrompt prompt = RenderedPrompt.of(tokenizer.encodePrompt(one + "\n" + other));
        limits.roomOfText(prompt);
        scores.add(vectors.similarity(left, right));
        prompts.add(prompt);
    }

    /** The words in the form they have within a sentence, so that their place does not matter. */
    private static String words(String text) {
        return WORD.matcher(text.toLowerCase(Locale.ROOT))
                .results()
                .map(word -> " " + word.group())
                .collect(joining());
    }

    private static List<String> texts(JsonNode node) {
        if (!(node instanceof ArrayNode array)) {
            return List.of(text(node));
        }
        List<String> texts = new ArrayList<>();
        array.forEach(element -> texts.add(text(element)));
        return texts;
    }

    /** The text of an input; of one with parts, that of the parts. */
    private static String text(JsonNode node) {
        if (node.isString()) {
            return node.stringValue();
        }
        StringBuilder text = new StringBuilder();
        for (JsonNode part : node.path("content")) {
            text.append(part.has("text") ? part.get("text").asString("") : Json.string(part));
        }
        return text.toString();
    }
}
