package io.llmd.simulator.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.llmd.simulator.token.MediaItem;
import io.llmd.simulator.token.RenderedPrompt;
import io.llmd.simulator.token.Tokenizer;
import io.llmd.simulator.token.WordTokenizer;
import io.llmd.token.chat.Chat;
import io.llmd.token.chat.ChatTemplateException;
import io.llmd.token.chat.Modality;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ModelTemplateTest {
    private static final String STRINGS = "{%- for m in messages -%}{{ '[' + m.role + ']' + m.content }}{%- endfor -%}"
            + "{%- if add_generation_prompt -%}[answer]{%- endif -%}";
    private static final String PARTS = "{%- for m in messages -%}{{ '[' + m.role + ']' }}{%- for p in m.content -%}"
            + "{%- if p.type == 'image' -%}<b><|media|><e>{%- else -%}{{ p.text }}{%- endif -%}{%- endfor -%}"
            + "{%- endfor -%}";

    private final Tokenizer tokenizer = new WordTokenizer();

    @Test
    void contentIsAStringUnlessTheTemplateGoesThroughIt() {
        Chat chat = chat(user(new Chat.Text("a"), new Chat.Text("b")));
        assertThat(text(STRINGS, chat)).isEqualTo("[user]a\nb[answer]");
        assertThat(text(PARTS, chat)).isEqualTo("[user]ab");
    }

    @Test
    void placeholderOfAPartBecomesARunOfPlaceholders() {
        RenderedPrompt prompt = template(PARTS).render(chat(user(new Chat.Text("a"), image("1"), new Chat.Text("c"))));
        assertThat(tokenizer.decode(prompt.tokens())).isEqualTo("[user]a<b><|media|><|media|><|media|><e>c");
        int offset = tokenizer.encode("[user]a<b>").length;
        assertThat(prompt.media()).containsExactly(new MediaItem("1", offset, 3, Modality.IMAGE));
    }

    @Test
    void mediaComesBeforeTheTextOfAString() {
        RenderedPrompt prompt = template(STRINGS).render(chat(user(new Chat.Text("a"), image("1"), image("2"))));
        assertThat(tokenizer.decode(prompt.tokens()))
                .isEqualTo("[user]" + "<|media|>".repeat(3) + "\n" + "<|media|>".repeat(3) + "\na[answer]");
        assertThat(prompt.media()).extracting(MediaItem::hash).containsExactly("1", "2");
    }

    @Test
    void textThatLooksLikeAPlaceholderTakesNoMediaAway() {
        RenderedPrompt prompt = template(PARTS).render(chat(user(new Chat.Text("<|media|>"), image("1"))));
        assertThat(prompt.media()).hasSize(1);
        int[] tokens = prompt.tokens();
        assertThat(tokens[prompt.media().getFirst().offset()]).isEqualTo(tokenizer.placeholder(Modality.IMAGE));
        assertThat(tokenizer.decode(tokens)).isEqualTo("[user]<|media|>" + "<|media|>".repeat(3));
    }

    @Test
    void mediaThatTheTemplateLeavesOutIsAnError() {
        String template = "{%- for m in messages -%}{{ m.role }}{%- endfor -%}";
        assertThatExceptionOfType(ChatTemplateException.class)
                .isThrownBy(() -> template(template).render(chat(user(image("1")))));
    }

    @Test
    void templateSeesToolsDocumentsArgumentsAndTheDate() {
        Chat chat = new Chat(
                List.of(user(new Chat.Text("Hi"))),
                List.of(Map.of("name", "f")),
                List.of(Map.of("text", "d")),
                Map.of("enable_thinking", false),
                null,
                Chat.Ending.CLOSED,
                false);
        assertThat(text(
                        "{{ tools | tojson }}{{ documents[0].text }}{{ enable_thinking }}{{ strftime_now('%Y') }}"
                                + "{{ add_generation_prompt }}",
                        chat))
                .isEqualTo("[{\"name\": \"f\"}]dFalse2026False");
        assertThat(text("{{ tools is none }}{{ documents is none }}", chat(user())))
                .isEqualTo("TrueTrue");
    }

    @Test
    void lastMessageIsLeftOpenAtTheEndOfItsContent() {
        String closed = "{%- for m in messages -%}<{{ m.content }}>{%- endfor -%}";
        assertThat(text(closed, open("I am "))).isEqualTo("<I am ");
        assertThat(text("{%- for m in messages -%}<{{ m.content | trim }}>{%- endfor -%}", open("I am ")))
                .isEqualTo("<I am");
        assertThatExceptionOfType(ChatTemplateException.class).isThrownBy(() -> text("{{ 'x' }}", open("I am")));
    }

    @Test
    void templateOfTheChatGoesFirst() {
        Chat chat = new Chat(
                List.of(user(new Chat.Text("Hi"))),
                List.of(),
                List.of(),
                Map.of(),
                "own {{ messages[0].content }}",
                Chat.Ending.CLOSED,
                false);
        assertThat(text(STRINGS, chat)).isEqualTo("own Hi");
        assertThatExceptionOfType(ChatTemplateException.class)
                .isThrownBy(() -> new OwnTemplateOnly(template(STRINGS)).render(chat))
                .withMessageStartingWith("Chat template is passed with request");
    }

    @Test
    void brokenTemplatesAndRefusedChatsAreNamed() {
        assertThatExceptionOfType(ChatTemplateException.class).isThrownBy(() -> template("{% if %}"));
        assertThatExceptionOfType(ChatTemplateException.class)
                .isThrownBy(() -> text("{{ raise_exception('Only user messages') }}", chat(user())))
                .withMessage("Only user messages");
    }

    private ModelTemplate template(String source) {
        return new ModelTemplate(tokenizer, source, 3, () -> LocalDateTime.of(2026, 7, 4, 0, 0));
    }

    private String text(String source, Chat chat) {
        return tokenizer.decode(template(source).render(chat).tokens());
    }

    private static Chat.Message user(Chat.Part... content) {
        return new Chat.Message("user", List.of(content), Map.of());
    }

    private static Chat.Media image(String hash) {
        return new Chat.Media(Modality.IMAGE, hash);
    }

    private static Chat chat(Chat.Message message) {
        return chat(message, Chat.Ending.GENERATION_PROMPT);
    }

    private static Chat open(String content) {
        return chat(user(new Chat.Text(content)), Chat.Ending.OPEN_MESSAGE);
    }

    private static Chat chat(Chat.Message message, Chat.Ending ending) {
        return new Chat(List.of(message), List.of(), List.of(), Map.of(), null, ending, false);
    }
}
