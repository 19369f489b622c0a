package io.llmd.simulator.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.BodySchema;
import io.llmd.simulator.chat.FixedTemplate;
import io.llmd.simulator.token.MediaItem;
import io.llmd.simulator.token.RenderedPrompt;
import io.llmd.simulator.token.Tokenizer;
import io.llmd.simulator.token.WordTokenizer;
import io.llmd.token.chat.Modality;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChatMessagesTest {
    private static final String USER = "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]";

    private final Tokenizer tokenizer = new WordTokenizer();
    private final ChatMessages messages = new ChatMessages(new FixedTemplate(tokenizer, 5));

    @Test
    void messagesAreRolesAndContents() {
        assertThat(text("{" + USER + "}")).isEqualTo("<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n");
        assertThat(text("{" + USER + ",\"add_generation_prompt\":false}"))
                .isEqualTo("<|im_start|>user\nHi<|im_end|>\n");
        assertThat(text("{" + USER + ",\"continue_final_message\":true,\"add_generation_prompt\":false}"))
                .isEqualTo("<|im_start|>user\nHi");
    }

    @Test
    void whatConcernsAllMessagesComesFirst() {
        String rest = text("{" + USER + "}");
        String tools = text("{" + USER + ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]}");
        String documents = text("{" + USER + ",\"documents\":[{\"text\":\"d\"}]}");
        assertThat(tools)
                .isEqualTo("<|tools|>[{\"type\": \"function\", \"function\": {\"name\": \"f\", \"description\": null,"
                        + " \"parameters\": null}}]<|im_end|>" + rest);
        assertThat(documents).isEqualTo("<|documents|>[{\"text\": \"d\"}]<|im_end|>" + rest);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"reasoning_effort\":\"low\"",
                "\"reasoning_effort\":\"high\"",
                "\"chat_template_kwargs\":{\"enable_thinking\":false}",
                "\"chat_template_kwargs\":{\"enable_thinking\":true}",
                "\"chat_template\":\"{{ messages }}\""
            })
    void settingsChangeTheFirstTokensOnly(String setting) {
        String plain = text("{" + USER + "}");
        String changed = text("{" + USER + "," + setting + "}");
        assertThat(changed)
                .matches("<\\|settings\\|>[0-9a-f]{1,16}<\\|im_end\\|>(?s:.*)")
                .endsWith(plain);
    }

    @Test
    void orderOfTemplateArgumentsDoesNotMatter() {
        assertThat(text("{" + USER + ",\"chat_template_kwargs\":{\"a\":1,\"b\":2}}"))
                .isEqualTo(text("{" + USER + ",\"chat_template_kwargs\":{\"b\":2,\"a\":1}}"))
                .isNotEqualTo(text("{" + USER + ",\"chat_template_kwargs\":{\"a\":2,\"b\":1}}"));
    }

    @Test
    void mediaBecomesPlaceholdersAndItems() {
        RenderedPrompt prompt = render("{\"messages\":[{\"role\":\"user\",\"content\":["
                + "{\"type\":\"text\",\"text\":\"See\"},"
                + "{\"type\":\"image_url\",\"image_url\":{\"url\":\"http://h/a.png\"}},"
                + "{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"AAEC\",\"format\":\"wav\"}},"
                + "{\"video_url\":{\"url\":\"http://h/v.mp4\"}}]}],\"add_generation_prompt\":false}");
        String placeholders = "<|media|>".repeat(15);
        assertThat(tokenizer.decode(prompt.tokens()))
                .isEqualTo("<|im_start|>user\nSee" + placeholders + "<|im_end|>\n");
        assertThat(prompt.media())
                .extracting(MediaItem::modality)
                .containsExactly(Modality.IMAGE, Modality.AUDIO, Modality.VIDEO);
        assertThat(prompt.media()).extracting(MediaItem::offset).containsExactly(4, 9, 14);
        assertThat(prompt.media()).allSatisfy(item -> {
            assertThat(item.length()).isEqualTo(5);
            assertThat(item.hash()).matches("[0-9a-f]{64}");
        });
    }

    @Test
    void equalBytesHaveEqualHashesWhereverTheyAre() {
        String image = hash("{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,AAEC\"}}", "");
        assertThat(hash("{\"type\":\"image_url\",\"image_url\":\"data:image/webp;base64,AAEC\"}", ""))
                .isEqualTo(image);
        assertThat(hash("{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,AAED\"}}", ""))
                .isNotEqualTo(image);
        assertThat(hash("{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"AAEC\"}}", ""))
                .isNotEqualTo(image);
        assertThat(hash(
                        "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,AAEC\"}}",
                        ",\"mm_processor_kwargs\":{\"num_crops\":4}"))
                .isNotEqualTo(image);
        assertThat(hash("{\"type\":\"image_url\",\"image_url\":null,\"uuid\":\"cat-1\"}", ""))
                .isEqualTo("cat-1");
    }

    @Test
    void textPartsOfTheResponsesApiAndFormerReasoningAreText() {
        assertThat(text("{\"messages\":[{\"role\":\"user\",\"content\":[\"a\",{\"text\":\"b\"},"
                        + "{\"type\":\"input_text\",\"text\":\"c\"},{\"type\":\"refusal\",\"refusal\":\"d\"}],"
                        + "\"reasoning_content\":\"r\"}],\"add_generation_prompt\":false}"))
                .isEqualTo("<|im_start|>user\nabcdreasoning: \"r\"<|im_end|>\n");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {}                                                                     | messages
            {"messages":["x"]}                                                     | messages
            {"messages":[{"content":"x"}]}                                         | messages.role
            {"messages":[{"role":"user","content":5}]}                             | messages.content
            {"messages":[{"role":"user","content":[5]}]}                           | messages.content
            {"messages":[{"role":"user","content":[{"type":"text"}]}]}             | messages.content.text
            {"messages":[{"role":"user","content":[{"type":"hologram"}]}]}         | messages
            {"messages":[{"role":"user","content":[{"type":"image_url"}]}]}        | messages.content.image_url
            {"messages":[{"role":"user"}],"documents":[1]}                         | documents
            {"messages":[{"role":"user"}],"tools":[1]}                             | tools
            """)
    void badMessagesAreNamed(String body, String param) {
        assertThatExceptionOfType(ApiException.class)
                .isThrownBy(() -> render(body))
                .satisfies(e -> {
                    assertThat(e.status()).isEqualTo(400);
                    assertThat(e.param()).isIn(param, "body." + param);
                });
    }

    @Test
    void mediaChangesTheContentHashThoughNotTheTokens() {
        RenderedPrompt one = render(image("http://h/a.png"));
        RenderedPrompt two = render(image("http://h/b.png"));
        assertThat(Arrays.equals(one.tokens(), two.tokens())).isTrue();
        assertThat(one.contentHash()).isNotEqualTo(two.contentHash());
        assertThat(one.contentHash()).isEqualTo(render(image("http://h/a.png")).contentHash());
    }

    private static String image(String url) {
        return "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"" + url
                + "\"}}]}]}";
    }

    private String hash(String part, String more) {
        return render("{\"messages\":[{\"role\":\"user\",\"content\":[" + part + "]}]" + more + "}")
                .media()
                .getFirst()
                .hash();
    }

    private String text(String body) {
        return tokenizer.decode(render(body).tokens());
    }

    private RenderedPrompt render(String body) {
        return messages.render(BodySchema.ANY.read(body.getBytes(StandardCharsets.UTF_8)));
    }
}
