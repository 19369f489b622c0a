package io.llmd.simulator.server;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.llmd.simulator.chat.ChatTemplate;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.pretrained.PretrainedTokenizer;
import io.llmd.simulator.pretrained.TinyTokenizer;
import io.llmd.token.chat.Chat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

class ChatTemplatesTest {
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private final Logger logger = (Logger) LoggerFactory.getLogger(ChatTemplates.class);

    @TempDir
    private Path folder;

    @BeforeEach
    void listen() {
        log.start();
        logger.addAppender(log);
    }

    @AfterEach
    void stopListening() {
        logger.detachAppender(log);
    }

    @Test
    void templateOfTheModelIsUsed() throws IOException {
        assertThat(rendered("{{ bos_token }}{{ messages[0].content }}")).isEqualTo("<|begin|>Hi");
        assertThat(log.list).isEmpty();
    }

    @Test
    void templateThatCannotBeRenderedIsReplacedWithOneWarning() throws IOException {
        for (String broken : List.of("{% include 'x' %}", "{{ messages[0].content.nothing() }}")) {
            log.list.clear();
            assertThat(rendered(broken)).startsWith("<|im_start|>user\nHi<|im_end|>\n");
            assertThat(log.list).extracting(ILoggingEvent::getLevel).containsExactly(Level.WARN);
        }
    }

    @Test
    void modelWithoutTemplateHasTheFixedOne() throws IOException {
        assertThat(rendered(null)).startsWith("<|im_start|>user\nHi<|im_end|>\n");
        assertThat(log.list).isEmpty();
    }

    private String rendered(String source) throws IOException {
        TinyTokenizer.byteLevel(folder);
        if (source != null) {
            Files.writeString(folder.resolve("chat_template.jinja"), source);
        }
        try (PretrainedTokenizer tokenizer = new PretrainedTokenizer(folder)) {
            ChatTemplate template = ChatTemplates.of(SimulatorSettings.defaults(), tokenizer);
            Chat chat = new Chat(
                    List.of(new Chat.Message("user", List.of(new Chat.Text("Hi")), Map.of())),
                    List.of(),
                    List.of(),
                    Map.of(),
                    null,
                    Chat.Ending.CLOSED,
                    false);
            return tokenizer.decode(template.render(chat).tokens());
        }
    }
}
