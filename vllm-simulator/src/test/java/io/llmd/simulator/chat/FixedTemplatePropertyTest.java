package io.llmd.simulator.chat;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.simulator.token.WordTokenizer;
import io.llmd.token.chat.Chat;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class FixedTemplatePropertyTest {
    private final ChatTemplate template = new FixedTemplate(new WordTokenizer(), 4);

    @Provide
    Arbitrary<String> texts() {
        return Arbitraries.oneOf(
                Arbitraries.strings().ascii().ofMaxLength(80),
                Arbitraries.of("é", "你", "🎉", " ", "word").list().ofMaxSize(20).map(parts -> String.join("", parts)));
    }

    @Property(tries = 300, seed = "4")
    void equalLeadingMessagesGiveEqualLeadingTokens(
            @ForAll("texts") String first, @ForAll("texts") String second, @ForAll("texts") String other) {
        int[] one = tokens(first);
        int[] two = tokens(first, second);
        int[] three = tokens(first, other);
        assertThat(Arrays.copyOf(two, one.length)).isEqualTo(one);
        assertThat(Arrays.copyOf(three, one.length)).isEqualTo(one);
        assertThat(Arrays.equals(two, three)).isEqualTo(second.equals(other));
    }

    private int[] tokens(String... contents) {
        List<Chat.Message> messages = Arrays.stream(contents)
                .map(content -> new Chat.Message("user", List.of(new Chat.Text(content)), Map.of()))
                .toList();
        return template.render(new Chat(messages, List.of(), List.of(), Map.of(), null, Chat.Ending.CLOSED, false))
                .tokens();
    }
}
