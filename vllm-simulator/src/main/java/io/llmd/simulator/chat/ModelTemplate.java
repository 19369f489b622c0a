package io.llmd.simulator.chat;

import io.llmd.simulator.jinja.JinjaException;
import io.llmd.simulator.jinja.Template;
import io.llmd.simulator.token.Modality;
import io.llmd.simulator.token.PromptBuilder;
import io.llmd.simulator.token.RenderedPrompt;
import io.llmd.simulator.token.Tokenizer;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The chat template of a model, used as vLLM uses it: contents are strings, or lists of parts where the template goes
 * through them, and what a media item's placeholder is becomes a run of placeholder tokens.
 */
public final class ModelTemplate implements ChatTemplate {
    private final Tokenizer tokenizer;
    private final Template template;
    private final int mediaTokens;
    private final Supplier<LocalDateTime> now;

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
        this.now = now;
        template = parse(source);
    }

    private static Template parse(String source) {
        try {
            return Template.parse(source);
        } catch (JinjaException e) {
            throw new ChatTemplateException(String.valueOf(e.getMessage()));
        }
    }

    @Override
    public RenderedPrompt render(Chat chat) {
        String own = chat.template();
        Template chosen = own == null ? template : parse(own);
        List<Chat.Media> media = media(chat);
        String text = text(chosen, chat, media);
        return prompt(chat, media, chat.ending() == Chat.Ending.OPEN_MESSAGE ? FinalMessage.open(text, chat) : text);
    }

    private static List<Chat.Media> media(Chat chat) {
        List<Chat.Media> media = new ArrayList<>();
        for (Chat.Message message : chat.messages()) {
            for (Chat.Part part : message.content()) {
                if (part instanceof Chat.Media item) {
                    media.add(item);
                }
            }
        }
        return media;
    }

    /** The rendered text, with a mark where each media item is. */
    private String text(Template chosen, Chat chat, List<Chat.Media> media) {
        if (!chosen.iterates("content")) {
            return render(chosen, chat, new TemplateMessages(TemplateMessages.Style.TEXT));
        }
        String text = render(chosen, chat, new TemplateMessages(TemplateMessages.Style.PARTS));
        String marked = media.isEmpty() ? text : MediaMarks.inPlaceOf(placeholders(media), text);
        return marked != null
                ? marked
                : render(chosen, chat, new TemplateMessages(TemplateMessages.Style.MARKED_PARTS));
    }

    private List<String> placeholders(List<Chat.Media> media) {
        return media.stream().map(item -> placeholder(item.modality())).toList();
    }

    private String placeholder(Modality modality) {
        return tokenizer.tokenString(tokenizer.placeholder(modality));
    }

    private String render(Template chosen, Chat chat, TemplateMessages messages) {
        Map<String, @Nullable Object> variables = new LinkedHashMap<>(tokenizer.specialTokens());
        variables.put("messages", messages.of(chat));
        variables.put("tools", chat.tools().isEmpty() ? null : chat.tools());
        variables.put("documents", chat.documents().isEmpty() ? null : chat.documents());
        variables.put("add_generation_prompt", chat.ending() == Chat.Ending.GENERATION_PROMPT);
        variables.putAll(chat.arguments());
        try {
            return chosen.render(variables, now.get());
        } catch (JinjaException e) {
            throw new ChatTemplateException(String.valueOf(e.getMessage()));
        }
    }

    private RenderedPrompt prompt(Chat chat, List<Chat.Media> media, String text) {
        PromptBuilder prompt = new PromptBuilder(tokenizer);
        List<String> texts = MediaMarks.between(text, media.size());
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
