package io.llmd.simulator.chat;

import io.llmd.simulator.token.PromptBuilder;
import io.llmd.simulator.token.RenderedPrompt;
import io.llmd.simulator.token.Tokenizer;
import io.llmd.token.chat.Chat;
import io.llmd.token.chat.ChatTemplateException;
import io.llmd.token.chat.ChatText;
import io.llmd.token.chat.MediaMarks;
import java.time.LocalDateTime;
import java.util.List;
import java.util.function.Supplier;

/** The chat template of a model: what a media item's placeholder is becomes a run of placeholder tokens. */
public final class ModelTemplate implements ChatTemplate {
    private final Tokenizer tokenizer;
    private final ChatText template;
    private final int mediaTokens;

    /**
     * Parses a template.
     *
     * @param mediaTokens placeholders for one media item
     * @param now for templates that tell the date
     * @throws ChatTemplateException if the template has an error, or uses what is not supported
     */
    public ModelTemplate(Tokenizer tokenizer, String source, int mediaTokens, Supplier<LocalDateTime> now) {
        this.tokenizer = tokenizer;
        this.mediaTokens = mediaTokens;
        template = new ChatText(
                source,
                tokenizer.specialTokens(),
                modality -> tokenizer.tokenString(tokenizer.placeholder(modality)),
                now);
    }

    @Override
    public RenderedPrompt render(Chat chat) {
        List<Chat.Media> media = ChatText.media(chat);
        List<String> texts = MediaMarks.between(template.render(chat), media.size());
        PromptBuilder prompt = new PromptBuilder(tokenizer);
        for (int i = 0; i < texts.size(); i++) {
            if (i == 0 && chat.addSpecialTokens()) {
                prompt.tokens(tokenizer.encodePrompt(texts.getFirst()));
            } else {
                prompt.text(texts.get(i));
            }
            if (i < media.size()) {
                prompt.media(media.get(i).hash(), media.get(i).modality(), mediaTokens);
            }
        }
        return prompt.build();
    }
}
