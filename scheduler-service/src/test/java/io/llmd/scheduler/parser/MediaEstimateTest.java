package io.llmd.scheduler.parser;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MediaEstimateTest {

    private static final String RATE = "x-llm-d-video-fps";
    private static final String LENGTH = "x-llm-d-video-duration-seconds";
    private static final String SIZE = "x-llm-d-video-resolution";

    @Test
    void theSizeOfInlineImagesIsRead() {
        assertThat(imageTokens(MediaEstimate.DEFAULT, png(2048, 1024))).isEqualTo(2048);
        assertThat(imageTokens(MediaEstimate.DEFAULT, gif(320, 320))).isEqualTo(100);
        assertThat(imageTokens(MediaEstimate.DEFAULT, jpeg(1024, 512))).isEqualTo(512);
    }

    @Test
    void anImageOfUnknownSizeCountsAsTheConfiguredOne() {
        assertThat(imageTokens(MediaEstimate.DEFAULT, "http://x/cat.png")).isEqualTo(225);
        assertThat(imageTokens(MediaEstimate.DEFAULT, "data:image/png;base64,AAAA"))
                .isEqualTo(225);
        assertThat(imageTokens(images(new PixelTokens(0, 100, 100, 50)), "http://x/cat.png"))
                .isEqualTo(50);
    }

    @Test
    void aConstantGoesBeforeTheSize() {
        assertThat(imageTokens(images(new PixelTokens(7, 1024, 640, 360)), png(2048, 1024)))
                .isEqualTo(7);
    }

    @ParameterizedTest
    @CsvSource({
        "'', '', '', 4500",
        "'', 3, '', 1350",
        "'', 3, 320x320, 600",
        "60, '', '', 4500",
        "'', -3, 9x, 4500",
        "'', 1e9, '', 4500",
        "'', 999999, 99999x99999, 131072",
        "'', 0.1, '', 1"
    })
    void headersSayHowLargeSampledVideosAre(String rate, String length, String size, int tokens) {
        assertThat(videoTokens(MediaEstimate.DEFAULT, rate, length, size)).isEqualTo(tokens);
    }

    @Test
    void sampledFramesAreBoundedAndMerged() {
        FrameCount frames = new FrameCount(2, 2, 24, 1, 4, 30);
        MediaEstimate estimate = new MediaEstimate(PixelTokens.DEFAULT, new PixelTokens(10, 1, 1, 1), frames, 10, 0);
        assertThat(videoTokens(estimate, "", "", "")).isEqualTo(100);
        assertThat(videoTokens(estimate, "", "1", "")).isEqualTo(20);
        assertThat(videoTokens(estimate, "", "60", "")).isEqualTo(150);
    }

    @Test
    void stridedFramesFollowTheRateOfTheSource() {
        FrameCount frames = new FrameCount(0, 1, 24, 6, 0, 0);
        MediaEstimate estimate = new MediaEstimate(PixelTokens.DEFAULT, new PixelTokens(10, 1, 1, 1), frames, 10, 500);
        assertThat(videoTokens(estimate, "", "", "")).isEqualTo(400);
        assertThat(videoTokens(estimate, "12", "", "")).isEqualTo(200);
        assertThat(videoTokens(estimate, "60", "", "")).as("the most").isEqualTo(500);
    }

    @Test
    void aSmallBodyWithManyVideosMakesNoPromptWithoutBound() {
        String part = "{\"type\":\"video_url\",\"video_url\":{\"url\":\"http://x/v\"}},";
        String content = part.repeat(20);
        assertThat(tokens(
                        MediaEstimate.DEFAULT,
                        content.substring(0, content.length() - 1),
                        Map.of(LENGTH, "999999", SIZE, "9999x9999")))
                .isEqualTo(MediaPlaceholders.MAX_TOKENS);
    }

    private static MediaEstimate images(PixelTokens image) {
        return new MediaEstimate(image, PixelTokens.DEFAULT, FrameCount.DEFAULT, 10, 0);
    }

    private static int imageTokens(MediaEstimate estimate, String url) {
        return tokens(estimate, "{\"type\":\"image_url\",\"image_url\":{\"url\":\"" + url + "\"}}", Map.of());
    }

    private static int videoTokens(MediaEstimate estimate, String rate, String length, String size) {
        return tokens(
                estimate,
                "{\"type\":\"video_url\",\"video_url\":{\"url\":\"http://x/v\"}}",
                Map.of(RATE, rate, LENGTH, length, SIZE, size));
    }

    private static int tokens(MediaEstimate estimate, String parts, Map<String, String> headers) {
        String body = "{\"model\":\"m\",\"messages\":[{\"content\":[" + parts + "]}]}";
        ParseOutcome outcome = new RequestParsers(List.of(new OpenAiParser()), estimate)
                .parse("/v1/chat/completions", headers, ByteBuffer.wrap(body.getBytes(StandardCharsets.UTF_8)));
        return ((ParseOutcome.Parsed) outcome).body().prompts().getFirst().tokens();
    }

    private static String png(int width, int height) {
        ByteBuffer head = ByteBuffer.allocate(33)
                .putLong(0x89504e470d0a1a0aL)
                .putInt(13)
                .putInt(0x49484452)
                .putInt(width)
                .putInt(height);
        return inline("png", head.array());
    }

    private static String gif(int width, int height) {
        byte[] head = "GIF89a......".getBytes(StandardCharsets.US_ASCII);
        head[6] = (byte) width;
        head[7] = (byte) (width >> 8);
        head[8] = (byte) height;
        head[9] = (byte) (height >> 8);
        return inline("gif", head);
    }

    /** A long segment with a preview comes before the frame. */
    private static String jpeg(int width, int height) {
        int preview = 4000;
        ByteBuffer image = ByteBuffer.allocate(2 + 2 + preview + 2 + 11)
                .putShort((short) 0xffd8)
                .putShort((short) 0xffe1)
                .putShort((short) preview)
                .position(2 + 2 + preview)
                .putShort((short) 0xffc0)
                .putShort((short) 11)
                .put((byte) 8)
                .putShort((short) height)
                .putShort((short) width);
        return inline("jpeg", image.array());
    }

    private static String inline(String kind, byte[] image) {
        return "data:image/" + kind + ";base64," + Base64.getEncoder().encodeToString(image);
    }
}
