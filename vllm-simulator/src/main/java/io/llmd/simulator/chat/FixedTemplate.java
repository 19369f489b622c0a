package io.llmd.simulator.chat;

import io.llmd.simulator.token.ContentHash;
import io.llmd.simulator.token.PromptBuilder;
import io.llmd.simulator.token.RenderedPrompt;
import io.llmd.simulator.token.SpecialToken;
import io.llmd.simulator.token.Tokenizer;
import io.llmd.token.chat.Chat;
import io.llmd.token.jinja.JsonWriter;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One template for all models: what changes the rendering as a whole, tools and documents come first, then each message
 * as role and content. Chats that share these and their leading messages share their leading tokens.
 */
public final class FixedTemplate implements ChatTemplate {
    private final Tokenizer tokenizer;
    private final int mediaTokens;

    /** @param mediaTokens placeholders for one media item */
    public FixedTemplate(Tokenizer tokenizer, int mediaTokens) {
        this.tokenizer = tokenizer;
        this.mediaTokens = mediaTokens;
    }

    @Override
    public RenderedPrompt render(Chat chat) {
        PromptBuilder prompt = new PromptBuilder(tokenizer);
        OptionalInt begin = tokenizer.beginOfText();
        if (chat.addSpecialTokens() && begin.isPresent()) {
            prompt.tokens(begin.getAsInt());
        }
        settings(chat, prompt);
        if (!chat.tools().isEmpty()) {
            head(SpecialToken.TOOLS, JsonWriter.ONE_LINE.write(chat.tools()), prompt);
        }
        if (!chat.documents().isEmpty()) {
            head(SpecialToken.DOCUMENTS, JsonWriter.ONE_LINE.write(chat.documents()), prompt);
        }
        for (int i = 0; i < chat.messages().size(); i++) {
            message(chat.messages().get(i), prompt);
            if (i < chat.messages().size() - 1 || chat.ending() != Chat.Ending.OPEN_MESSAGE) {
                prompt.special(SpecialToken.MESSAGE_END).text("\n");
            }
        }
        if (chat.ending() == Chat.Ending.GENERATION_PROMPT) {
            begin("assistant", prompt);
        }
        return prompt.build();
    }

    private static void settings(Chat chat, PromptBuilder prompt) {
        String template = chat.template();
        if (!chat.arguments().isEmpty() || template != null) {
            String settings =
                    JsonWriter.ONE_LINE.write(new TreeMap<>(chat.arguments())) + (template == null ? "" : template);
            head(SpecialToken.SETTINGS, Long.toHexString(ContentHash.of(settings)), prompt);
        }
    }

    private static void head(SpecialToken kind, String content, PromptBuilder prompt) {
        prompt.special(kind).text(content).special(SpecialToken.MESSAGE_END);
    }

    private static void begin(String role, PromptBuilder prompt) {
        prompt.special(SpecialToken.MESSAGE_START).text(role).text("\n");
    }

    private void message(Chat.Message message, PromptBuilder prompt) {
        begin(message.role(), prompt);
        for (Chat.Part part : message.content()) {
            switch (part) {
                case Chat.Text text -> prompt.text(text.text());
                case Chat.Media media -> prompt.media(media.hash(), media.modality(), mediaTokens);
            }
        }
        for (Map.Entry<String, @Nullable Object> field : message.fields().entrySet()) {
            prompt.text(field.getKey() + ": " + JsonWriter.ONE_LINE.write(field.getValue()));
        }
    }
}
