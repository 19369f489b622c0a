package io.llmd.simulator.openai;

import io.llmd.simulator.api.Call;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.Reply;
import io.llmd.simulator.api.RequestFields;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.token.Tokenizer;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code POST /tokenize} and {@code POST /detokenize}. */
public final class TokenizeApi {
    private final SimulatorSettings settings;
    private final ModelNames models;

    public TokenizeApi(SimulatorSettings settings, ModelNames models) {
        this.settings = settings;
        this.models = models;
    }

    public Reply tokenize(Call call) {
        RequestFields fields = call.fields();
        models.resolve(fields);
        int[] tokens = tokens(fields);
        ObjectNode body = Json.object().put("count", tokens.length).put("max_model_len", settings.maxModelLen());
        ArrayNode ids = body.putArray("tokens");
        for (int token : tokens) {
            ids.add(token);
        }
        if (fields.bool("return_token_strs", false)) {
            ArrayNode texts = body.putArray("token_strs");
            for (int token : tokens) {
                texts.add(Tokenizer.decode(token));
            }
        } else {
            body.putNull("token_strs");
        }
        return Reply.Content.json(body);
    }

    public Reply detokenize(Call call) {
        RequestFields fields = call.fields();
        models.resolve(fields);
        if (!fields.has("tokens")) {
            throw RequestFields.missing("tokens");
        }
        return Reply.Content.json(Json.object().put("prompt", Tokenizer.decode(fields.tokens("tokens"))));
    }

    private static int[] tokens(RequestFields fields) {
        if (fields.has("messages")) {
            return ChatMessages.render(fields);
        }
        String prompt = fields.string("prompt");
        if (prompt == null) {
            throw RequestFields.missing("prompt");
        }
        return Tokenizer.encode(prompt);
    }
}
