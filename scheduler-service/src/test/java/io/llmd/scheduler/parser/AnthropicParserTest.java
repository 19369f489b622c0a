package io.llmd.scheduler.parser;

import static io.llmd.scheduler.parser.ParserFixture.malformed;
import static io.llmd.scheduler.parser.ParserFixture.outcome;
import static io.llmd.scheduler.parser.ParserFixture.parsed;
import static io.llmd.scheduler.parser.ParserFixture.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.scheduling.RequestBody;
import io.llmd.scheduler.scheduling.RequestBody.Api;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AnthropicParserTest {

    private final AnthropicParser parser = new AnthropicParser();

    @Test
    void toolsSystemTextAndMessagesAreFlattenedInThisOrder() {
        RequestBody body = parsed(parser, "messages", """
                {"messages":[{"role":"user","content":"Hello"}],"system":"Be brief.","max_tokens":50,"stream":true,
                 "tools":[1,2],"model":"m","instructions":"none of this API"}""");
        assertThat(body.api()).isEqualTo(Api.MESSAGES);
        assertThat(body.model()).isEqualTo("m");
        assertThat(body.stream()).isTrue();
        assertThat(body.maxOutputTokens()).isEqualTo(50);
        assertThat(text(body).replace("\0", "")).isEqualTo("[1,2]Be brief.userHello");
    }

    @Test
    void blocksCountWithTheirTextThoughtsToolsAndResults() {
        RequestBody body = parsed(parser, "messages", """
                {"model":"m","system":[{"type":"text","text":"S1"},{"type":"text","text":"S2","cache_control":{}}],
                 "messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"x"},
                 {"type":"tool_use","id":"t1","name":"find","input":{"q":1}}]},
                 {"role":"user","content":[{"type":"tool_result","tool_use_id":"t1",
                 "content":[{"type":"text","text":"42"}]}]}]}""");
        assertThat(text(body).replace("\0", "")).isEqualTo("S1S2assistanthmt1find{\"q\":1}user42");
    }

    @Test
    void imagesBecomePlaceholders() {
        String image = """
                {"model":"m","messages":[{"role":"user","content":[{"type":"image",
                 "source":{"type":"base64","media_type":"image/png","data":"%s"}}]}]}""";
        RequestBody one = parsed(parser, "messages", image.formatted("AAAA"));
        RequestBody other = parsed(parser, "messages", image.formatted("BBBB"));
        assertThat(one.promptTokens()).isEqualTo(1 + 225);
        assertThat(one.mediaHashes()).hasSize(1).isNotEqualTo(other.mediaHashes());
    }

    @Test
    void countingTokensIsPassedThrough() {
        assertThat(outcome(parser, "messages/count_tokens", new byte[] {'x'}))
                .isInstanceOfSatisfying(
                        ParseOutcome.Parsed.class,
                        outcome -> assertThat(outcome.body().api()).isEqualTo(Api.RAW));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"model\":\"m\"}",
                "{\"model\":\"m\",\"messages\":[]}",
                "[]",
                "{\"model\":\"m\",\"messages\":7}"
            })
    void whatIsNoRequestIsRefused(String body) {
        assertThat(malformed(parser, "messages", body)).isNotEmpty();
    }
}
