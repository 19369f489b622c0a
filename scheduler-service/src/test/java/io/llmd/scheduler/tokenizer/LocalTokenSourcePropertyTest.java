package io.llmd.scheduler.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.token.chat.ChatText;
import io.llmd.token.pretrained.NativeTokenizer;
import io.llmd.token.pretrained.SpecialTokens;
import io.llmd.token.pretrained.TokenizerFiles;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Objects;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The tokens that are put together of kept pieces are those of the whole text, whatever was asked before. */
class LocalTokenSourcePropertyTest {

    private static final JsonMapper JSON = new JsonMapper();

    /** So small that pieces are given up all the time. */
    private static final long CACHE_BYTES = 6000;

    private record Message(String role, String content) {}

    private static LocalTokenSource source;
    private static ChatText template;
    private static NativeTokenizer whole;

    @BeforeContainer
    static void load() {
        TokenizerFiles files = TokenizerFiles.at(Recordings.MODEL);
        source = new LocalTokenSource(
                "tokens", Recordings.MODEL, null, CACHE_BYTES, TokenizationListener.NONE, LocalDateTime::now);
        source.start();
        template = new ChatText(
                Objects.requireNonNull(files.readTemplate()),
                SpecialTokens.of(files.readConfig()),
                modality -> "",
                LocalDateTime::now);
        whole = new NativeTokenizer(files.tokenizer());
    }

    @AfterContainer
    static void close() {
        source.close();
        whole.close();
    }

    @Property(tries = 1500)
    void aChatHasTheSameTokensAsWithoutAnythingKept(@ForAll("chats") List<Message> chat) {
        ObjectNode body = JSON.createObjectNode().put("model", "m");
        ArrayNode messages = body.putArray("messages");
        chat.forEach(message -> messages.addObject().put("role", message.role()).put("content", message.content()));
        byte[] json = JSON.writeValueAsBytes(body);
        String text = template.render(Objects.requireNonNull(ChatBodies.read(body)));

        int[] tokens = source.tokenize(TokenFixture.body("/v1/chat/completions", body.toString()), json)
                .toCompletableFuture()
                .join()
                .getFirst()
                .tokenIds();

        assertThat(tokens).isEqualTo(whole.encode(text));
    }

    @Provide
    static Arbitrary<List<Message>> chats() {
        Arbitrary<String> contents = Arbitraries.of(
                        "Hello",
                        " how",
                        " are",
                        "you",
                        "?",
                        "\n",
                        "\n\n",
                        " ",
                        "  ",
                        "<|im_end|>",
                        "<|im_start|>",
                        "<|im_",
                        "<|endoftext|>",
                        "|>",
                        "é",
                        "\ud83d\ude00",
                        "def f(x):",
                        "\t",
                        "0",
                        "12")
                .list()
                .ofMaxSize(12)
                .map(parts -> String.join("", parts));
        return Combinators.combine(Arbitraries.of("system", "user", "assistant"), contents)
                .as(Message::new)
                .list()
                .ofMinSize(1)
                .ofMaxSize(8);
    }
}
