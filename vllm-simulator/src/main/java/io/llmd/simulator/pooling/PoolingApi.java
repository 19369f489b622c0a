package io.llmd.simulator.pooling;

import io.llmd.simulator.api.Call;
import io.llmd.simulator.api.CompleteAnswer;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.Reply;
import io.llmd.simulator.api.RequestFields;
import io.llmd.simulator.api.RequestIds;
import io.llmd.simulator.api.TransferFields;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.openai.ChatMessages;
import io.llmd.simulator.openai.ModelNames;
import io.llmd.simulator.openai.UsageRules;
import io.llmd.simulator.output.Choice;
import io.llmd.simulator.output.Sampling;
import io.llmd.simulator.token.Tokenizer;
import java.util.List;
import java.util.function.BiConsumer;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code POST /v1/embeddings}, {@code /pooling} and {@code /classify}. */
public final class PoolingApi {
    private static final int CLASSES = 2;

    private final SimulatorSettings settings;
    private final PoolingInputs inputs;
    private final ModelNames models;

    public PoolingApi(SimulatorSettings settings, Tokenizer tokenizer, ChatMessages messages, ModelNames models) {
        this.settings = settings;
        this.models = models;
        inputs = new PoolingInputs(settings, tokenizer, messages);
    }

    /** One vector for each input. */
    public Reply embed(Call call) {
        return vectors(call, "embd", "embedding", "embedding");
    }

    /** The same in the shape of the pooling endpoint. */
    public Reply pool(Call call) {
        return vectors(call, "pooling", "pooling", "data");
    }

    private Reply vectors(Call call, String prefix, String object, String name) {
        RequestFields fields = PoolingInputs.fields(call);
        String model = models.resolveForPooling(fields);
        VectorFormat format = VectorFormat.read(fields);
        TokenVectors vectors = new TokenVectors(settings.seed(), inputs.dimensions(fields));
        return reply(call, fields, model, prefix, (choice, node) -> {
            node.put("index", choice.index()).put("object", object);
            node.set(name, format.json(vectors.of(choice.prompt())));
        });
    }

    /** Probabilities of {@value #CLASSES} classes for each input. */
    public Reply classify(Call call) {
        RequestFields fields = PoolingInputs.fields(call);
        String model = models.resolveForPooling(fields);
        TokenVectors vectors = new TokenVectors(settings.seed(), CLASSES - 1);
        return reply(call, fields, model, "classify", (choice, node) -> {
            double second = 1 / (1 + Math.exp(-vectors.of(choice.prompt())[0]));
            node.put("index", choice.index()).put("label", second > 0.5 ? "LABEL_1" : "LABEL_0");
            node.putArray("probs").add(1 - second).add(second);
            node.put("num_classes", CLASSES);
        });
    }

    private Reply reply(
            Call call, RequestFields fields, String model, String prefix, BiConsumer<Choice, ObjectNode> item) {
        String id = prefix + "-" + RequestIds.of(call, fields);
        CompleteAnswer answer = choices -> body(id, call.nowSeconds(), model, choices, item);
        return new Reply.Generate(
                id, model, inputs.prompts(fields), Sampling.none(), true, TransferFields.NONE, answer);
    }

    private static ObjectNode body(
            String id, long created, String model, List<Choice> choices, BiConsumer<Choice, ObjectNode> item) {
        ObjectNode body = Json.object()
                .put("id", id)
                .put("object", "list")
                .put("created", created)
                .put("model", model);
        ArrayNode data = body.putArray("data");
        choices.forEach(choice -> item.accept(choice, data.addObject()));
        body.set("usage", UsageRules.PLAIN.of(choices).complete());
        return body;
    }
}
