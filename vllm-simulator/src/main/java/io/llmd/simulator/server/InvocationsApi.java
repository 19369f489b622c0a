package io.llmd.simulator.server;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.BodySchema;
import io.llmd.simulator.api.Call;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.Reply;
import io.llmd.simulator.api.RequestFields;
import io.llmd.simulator.openai.ChatApi;
import io.llmd.simulator.openai.ChatSchema;
import io.llmd.simulator.openai.CompletionApi;
import io.llmd.simulator.openai.CompletionSchema;
import org.jspecify.annotations.Nullable;

/** {@code POST /invocations}: answers with the first API whose fields the body has. */
final class InvocationsApi {
    private final ChatApi chat;
    private final CompletionApi completions;

    InvocationsApi(ChatApi chat, CompletionApi completions) {
        this.chat = chat;
        this.completions = completions;
    }

    Reply handle(Call call) {
        call.requireJson();
        String mistake = Json.mistakeIn(call.body());
        if (mistake != null) {
            throw ApiException.invalidBody("JSON decode error: " + mistake, null);
        }
        RequestFields asChat = read(call, ChatSchema.SCHEMA);
        if (asChat != null) {
            return chat.answer(call, asChat);
        }
        RequestFields asCompletion = read(call, CompletionSchema.SCHEMA);
        if (asCompletion != null) {
            return completions.answer(call, asCompletion);
        }
        throw ApiException.badRequest(
                "Cannot find suitable handler for request. Expected one of: ['ChatCompletionRequest',"
                        + " 'CompletionRequest']",
                null);
    }

    /** Null if the body has other fields; other errors are told. */
    private static @Nullable RequestFields read(Call call, BodySchema schema) {
        try {
            return schema.read(call.body());
        } catch (ApiException e) {
            if (e.isOfBody()) {
                return null;
            }
            throw e;
        }
    }
}
