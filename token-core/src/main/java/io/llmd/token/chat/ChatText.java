package io.llmd.token.chat;

import io.llmd.token.jinja.JinjaException;
import io.llmd.token.jinja.Template;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The chat template of a model, used as vLLM uses it: contents are strings, or lists of parts where the template goes
 * through them. Thread-safe.
 */
public final class ChatText {
    private final Template template;
    private final boolean tellsTime;
    private final Map<String, String> specialTokens;
    private final Function<Modality, String> placeholders;
    private final Supplier<LocalDateTime> now;

    /**
     * Parses a template.
     *
     * @param specialTokens text of special tokens by the names that templates know them by
     * @param placeholders what a template writes for a media item
     * @param now for templates that tell the date
     * @throws ChatTemplateException if the template has an error, or uses what is not supported
     */
    public ChatText(
            String source,
            Map<String, String> specialTokens,
            Function<Modality, String> placeholders,
            Supplier<LocalDateTime> now) {
        this.specialTokens = Map.copyOf(specialTokens);
        this.placeholders = placeholders;
        this.now = now;
        template = parse(source);
        tellsTime = source.contains("strftime_now");
    }

    private static Template parse(String source) {
        try {
            return Template.parse(source);
        } catch (JinjaException e) {
            throw new ChatTemplateException(String.valueOf(e.getMessage()));
        }
    }

    /** Whether the text of a chat may differ from one moment to the next. */
    public boolean tellsTime() {
        return tellsTime;
    }

    /**
     * The text of a chat. Each of its {@linkplain #media media items} is a mark, see {@link MediaMarks#between}.
     *
     * @throws ChatTemplateException if the template refuses the chat
     */
    public String render(Chat chat) {
        String own = chat.template();
        String text = text(own == null ? template : parse(own), chat, media(chat));
        return chat.ending() == Chat.Ending.OPEN_MESSAGE ? FinalMessage.open(text, chat) : text;
    }

    /** The media items of a chat, in order. */
    public static List<Chat.Media> media(Chat chat) {
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

    private String text(Template chosen, Chat chat, List<Chat.Media> media) {
        if (!chosen.iterates("content")) {
            return render(chosen, chat, new TemplateMessages(TemplateMessages.Style.TEXT));
        }
        String text = render(chosen, chat, new TemplateMessages(TemplateMessages.Style.PARTS));
        String marked = media.isEmpty() ? text : MediaMarks.inPlaceOf(names(media), text);
        return marked != null
                ? marked
                : render(chosen, chat, new TemplateMessages(TemplateMessages.Style.MARKED_PARTS));
    }

    private List<String> names(List<Chat.Media> media) {
        return media.stream().map(item -> placeholders.apply(item.modality())).toList();
    }

    private String render(Template chosen, Chat chat, TemplateMessages messages) {
        Map<String, @Nullable Object> variables = new LinkedHashMap<>(specialTokens);
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
}
