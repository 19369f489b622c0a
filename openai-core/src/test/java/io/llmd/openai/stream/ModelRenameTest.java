package io.llmd.openai.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ModelRenameTest {

    private static String renamed(String answer, boolean events, int pieceBytes) {
        ModelRename rename = ModelRename.to("\"mine\"", events);
        byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
        StringBuilder result = new StringBuilder();
        for (int i = 0; i < bytes.length; i += pieceBytes) {
            int length = Math.min(pieceBytes, bytes.length - i);
            ByteBuf piece = rename.apply(Unpooled.copiedBuffer(bytes, i, length));
            result.append(piece.toString(StandardCharsets.ISO_8859_1));
            piece.release();
        }
        return new String(result.toString().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    private static void assertRenamed(String answer, String expected, boolean events) {
        for (int piece = 1; piece <= answer.length(); piece++) {
            assertThat(renamed(answer, events, piece)).as("pieces of %d", piece).isEqualTo(expected);
        }
    }

    @Test
    void theModelOfAJsonAnswerIsTheClients() {
        assertRenamed(
                "{ \"id\" : \"x\", \"model\" : \"theirs\\\"}\" , \"choices\":[{\"model\":\"inner\"}],\"n\":1}",
                "{ \"id\" : \"x\", \"model\" : \"mine\" , \"choices\":[{\"model\":\"inner\"}],\"n\":1}",
                false);
    }

    @Test
    void theModelOfEachEventIsTheClients() {
        assertRenamed(
                "data: {\"model\":\"theirs\",\"a\":{\"b\":[1]}}\n\n: ping\n\ndata:{\"a\":[],\"model\":\"theirs\"}\r\n\r\ndata: [DONE]\n\n",
                "data: {\"model\":\"mine\",\"a\":{\"b\":[1]}}\n\n: ping\n\ndata:{\"a\":[],\"model\":\"mine\"}\r\n\r\ndata: [DONE]\n\n",
                true);
    }

    @Test
    void theModelInsideOfAResponseIsTheClients() {
        assertRenamed(
                "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"id\":\"r\",\"model\":\"theirs\",\"output\":[]},\"model\":\"theirs\"}\n\n",
                "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"id\":\"r\",\"model\":\"mine\",\"output\":[]},\"model\":\"mine\"}\n\n",
                true);
    }

    @Test
    void textThatLooksLikeAModelAndModelsThatAreNoTextStay() {
        String answer =
                "{\"text\":\"\\\"model\\\":\\\"x\\\"\",\"model\":null,\"models\":\"x\",\"a\":\"model\",\"b\":\"x\",\"ü\":\"model\"}";
        assertRenamed(answer, answer, false);
    }

    @Test
    void piecesWithoutANamePassWithoutACopy() {
        ModelRename rename = ModelRename.to("\"mine\"", true);
        ByteBuf piece = Unpooled.copiedBuffer("data: {\"a\":1}\n\n", StandardCharsets.UTF_8);
        assertThat(rename.apply(piece)).isSameAs(piece);
        piece.release();
    }
}
