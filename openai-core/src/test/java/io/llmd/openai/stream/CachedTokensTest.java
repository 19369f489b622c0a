package io.llmd.openai.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.openai.ApiRoute;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CachedTokensTest {

    private static String rewrite(ApiRoute route, boolean events, String... pieces) {
        CachedTokens tokens = CachedTokens.of(128, 9, route, events);
        StringBuilder result = new StringBuilder();
        for (String piece : pieces) {
            ByteBuf in = PooledByteBufAllocator.DEFAULT.buffer().writeBytes(piece.getBytes(StandardCharsets.UTF_8));
            ByteBuf out = tokens.apply(in);
            result.append(out.toString(StandardCharsets.UTF_8));
            assertThat(out.release()).isTrue();
            assertThat(in.refCnt()).isZero();
        }
        return result.toString();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'usage':{'prompt_tokens_details':{'cached_tokens':512}}} | {'usage':{'prompt_tokens_details':{'cached_tokens':128}}}",
                "{'usage':{'prompt_tokens_details':{'cached_tokens': null , 'x':1}}} | {'usage':{'prompt_tokens_details':{'cached_tokens': 128 , 'x':1}}}",
                "{'usage':{'prompt_tokens':7,'prompt_tokens_details':null}} | {'usage':{'prompt_tokens':7,'prompt_tokens_details':{'cached_tokens':128}}}",
                "{'usage':{'prompt_tokens_details':null,'a':[1,'b']}} | {'usage':{'prompt_tokens_details':{'cached_tokens':128},'a':[1,'b']}}",
                "{'usage':{'prompt_tokens':7}} | {'usage':{'prompt_tokens':7,'prompt_tokens_details':{'cached_tokens':128}}}",
                "{'usage':{}} | {'usage':{'prompt_tokens_details':{'cached_tokens':128}}}",
                "{'usage':{'prompt_tokens_details':{}}} | {'usage':{'prompt_tokens_details':{'cached_tokens':128}}}",
                "{'usage':{'prompt_tokens_details':{'audio':{'cached_tokens':5}}}} | {'usage':{'prompt_tokens_details':{'audio':{'cached_tokens':5},'cached_tokens':128}}}",
                "{'usage':{'completion_tokens_details':{'cached_tokens':5},'prompt_tokens_details':{'cached_tokens':6}}} | {'usage':{'completion_tokens_details':{'cached_tokens':5},'prompt_tokens_details':{'cached_tokens':128}}}",
                "{'usage':null} | {'usage':null}",
                "{'usage':'x'} | {'usage':'x'}",
                "{'choices':[{'usage':{}},{'message':{'content':'usage','usage':{'cached_tokens':1}}}]} | {'choices':[{'usage':{}},{'message':{'content':'usage','usage':{'cached_tokens':1}}}]}",
                "{'a':'{\\'usage\\':{}}','b':['usage',{}]} | {'a':'{\\'usage\\':{}}','b':['usage',{}]}",
                "{'usage':{'prompt_tokens_details':'odd'}} | {'usage':{'prompt_tokens_details':'odd'}}"
            })
    void usageInEverySplitOfTheBytes(String quoted, String expectedQuoted) {
        String body = quoted.replace('\'', '"');
        String expected = expectedQuoted.replace('\'', '"');
        for (int cut = 0; cut <= body.length(); cut++) {
            assertThat(rewrite(ApiRoute.CHAT_COMPLETIONS, false, body.substring(0, cut), body.substring(cut)))
                    .isEqualTo(expected);
            String stream = "data: " + body + "\n\ndata: {\"x\":1}\r\n\r\n: {\"usage\":{}}\n\ndata: " + body;
            assertThat(rewrite(
                            ApiRoute.COMPLETIONS,
                            true,
                            stream.substring(0, cut),
                            stream.substring(cut, cut + 7),
                            stream.substring(cut + 7)))
                    .isEqualTo(
                            "data: " + expected + "\n\ndata: {\"x\":1}\r\n\r\n: {\"usage\":{}}\n\ndata: " + expected);
        }
    }

    @Test
    void usageOfTheResponsesApiIsInsideOfTheResponse() {
        String event = "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"id\":\"r\","
                + "\"usage\":{\"input_tokens\":9,\"input_tokens_details\":{\"cached_tokens\":9}},\"error\":null}}\n\n";

        assertThat(rewrite(ApiRoute.RESPONSES, true, event))
                .isEqualTo(event.replace("\"cached_tokens\":9", "\"cached_tokens\":128"));
        assertThat(rewrite(ApiRoute.RESPONSES, false, "{\"usage\":{\"input_tokens\":9}}"))
                .isEqualTo("{\"usage\":{\"input_tokens\":9,\"input_tokens_details\":{\"cached_tokens\":128}}}");
    }

    @Test
    void anthropicsUsageHasTheNumbersInItself() {
        String start = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":"
                + "{\"input_tokens\":137,\"output_tokens\":0}}}\n\n";
        String delta = "event: message_delta\ndata: {\"delta\":{\"stop_reason\":\"max_tokens\"},\"usage\":"
                + "{\"input_tokens\":0,\"output_tokens\":3,\"cache_read_input_tokens\":137}}\n\n";

        assertThat(rewrite(ApiRoute.MESSAGES, true, start, delta))
                .isEqualTo(start
                        + delta.replace("\"input_tokens\":0", "\"input_tokens\":9")
                                .replace("137", "128"));
        assertThat(rewrite(ApiRoute.MESSAGES, false, "{\"usage\":{\"output_tokens\":3}}"))
                .isEqualTo("{\"usage\":{\"output_tokens\":3}}");
    }

    @Test
    void bytesWithoutUsageAreNotCopied() {
        CachedTokens tokens = CachedTokens.of(1, -1, ApiRoute.CHAT_COMPLETIONS, true);
        ByteBuf in = Unpooled.copiedBuffer("data: {\"choices\":[]}\n\n", StandardCharsets.UTF_8);

        assertThat(tokens.apply(in)).isSameAs(in);
        in.release();
    }
}
