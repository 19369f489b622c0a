package io.llmd.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MediaPartsTest {

    private static List<String> parts(String body, int most) {
        JsonMembers members = Objects.requireNonNull(JsonMembers.read(body.getBytes(StandardCharsets.UTF_8)));
        return MediaParts.of(members, most).stream()
                .map(part -> new String(part.toBytes(), StandardCharsets.UTF_8))
                .toList();
    }

    @Test
    void eachMediumComesOnceAndAsItIs() {
        String image =
                "{ \"type\":\"image_url\", \"image_url\":{\"detail\":\"low\",\"url\":\"data:image/png;base64,AA==\"} }";
        String again = "{\"image_url\":{\"url\":\"data:image/png;base64,AA==\"},\"type\":\"image_url\"}";
        String sound = "{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"AA==\",\"format\":\"wav\"}}";
        String video = "{\"type\":\"video_url\",\"video_url\":\"data:video/mp4;base64,BB==\",\"uuid\":\"é\"}";

        assertThat(parts(
                        "{\"a\":[{\"content\":[1]}],\"messages\":[{\"role\":\"system\",\"content\":\"image_url\"},"
                                + "{\"content\":[" + image + ",\"text\"," + again
                                + ",{\"type\":\"text\",\"text\":\"x\"}],"
                                + "\"name\":{\"content\":[" + sound + "]}},{\"content\":[" + sound + "," + video
                                + "],\"role\":\"user\"}]}",
                        10))
                .containsExactly(image, sound, video);
    }

    @Test
    void addressesAreTold() {
        String body = "{\"messages\":[{\"content\":[{\"image_url\":{\"url\":\"https:\\/\\/a.example/b\"}},"
                + "{\"image_url\":\"https://a.example/b\"},{\"image_url\":{\"url\":\"\\u0064ata:image/png;base64,AA==\"}},"
                + "{\"video_url\":{\"url\":\"data:video/mp4;base64,BB==\"}},{\"input_audio\":{\"data\":\"AA==\"}}]}]}";
        JsonMembers members = Objects.requireNonNull(JsonMembers.read(body.getBytes(StandardCharsets.UTF_8)));

        List<MediaParts.Part> all = MediaParts.all(members, 10);

        assertThat(all)
                .extracting(MediaParts.Part::address)
                .containsExactly("https://a.example/b", "https://a.example/b", null, null, null);
        assertThat(all)
                .extracting(MediaParts.Part::kind)
                .containsExactly("image_url", "image_url", "image_url", "video_url", "input_audio");
        assertThat(new String(
                        body.getBytes(StandardCharsets.UTF_8),
                        all.get(1).valueStart(),
                        all.get(1).valueEnd() - all.get(1).valueStart(),
                        StandardCharsets.UTF_8))
                .isEqualTo("\"https://a.example/b\"");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'image_url':{'url':'https://a/','data':'AA=='}}|ADDRESS",
                "{'image_url':{'data':'AA==','url':'https://a/'}}|ADDRESS",
                "{'image_url':{'data':'AA=='}}|UNCLEAR",
                "{'image_url':{'url':null}}|UNCLEAR",
                "{'image_url':{'url':'data:,','url':'https://a/'}}|UNCLEAR",
                "{'type':'image_url','image_url':'https://a/','video_url':'data:video/mp4;base64,AA=='}|UNCLEAR",
                "{'image_url':'https://a/','image_url':'data:image/png;base64,AA=='}|UNCLEAR",
                "{'image_url':['https://a/']}|UNCLEAR",
                "{'image_url':' data:,'}|ADDRESS",
                "{'image_url':'DaTa:,'}|INLINE",
                "{'input_audio':{'data':'AA==','url':'https://a/'}}|INLINE"
            })
    void whereAMediumIsIsOnlySaidWhenItIsCertain(String part, MediaParts.Place place) {
        assertThat(all(part.replace('\'', '"')))
                .extracting(MediaParts.Part::place)
                .containsExactly(place);
        assertThat(all(part.replace('\'', '"')))
                .allMatch(read -> (read.address() != null) == (place == MediaParts.Place.ADDRESS));
    }

    private static List<MediaParts.Part> all(String part) {
        String body = "{\"messages\":[{\"content\":[" + part + "]}]}";
        return MediaParts.all(Objects.requireNonNull(JsonMembers.read(body.getBytes(StandardCharsets.UTF_8))), 10);
    }

    @Test
    void longValuesAreDataOrUnclear() {
        String much = "A".repeat(17 << 10);

        assertThat(all("{\"image_url\":\"https://a/" + much + "\"}"))
                .extracting(MediaParts.Part::place)
                .containsExactly(MediaParts.Place.UNCLEAR);
        assertThat(all("{\"image_url\":\"\\u0064ata:image/png;base64," + much + "\"}"))
                .extracting(MediaParts.Part::place)
                .containsExactly(MediaParts.Place.INLINE);
    }

    @Test
    void messagesThatCannotBeReadAreNotTakenForNone() {
        byte[] broken =
                "{\"messages\":[{\"content\":[{\"image_url\":\"https://a/\"}]}]}".getBytes(StandardCharsets.UTF_8);
        JsonMembers read = Objects.requireNonNull(JsonMembers.read(broken));
        broken[14] = '}';

        assertThatThrownBy(() -> MediaParts.all(read, 10)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void noMoreThanAskedFor() {
        String image = "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:,%d\"}}";
        assertThat(parts(
                        "{\"messages\":[{\"content\":[" + image.formatted(1) + "," + image.formatted(2) + ","
                                + image.formatted(3) + "]}]}",
                        2))
                .containsExactly(image.formatted(1), image.formatted(2));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"messages\":null}",
                "{\"messages\":\"x\"}",
                "{\"messages\":[]}",
                "{\"messages\":[1,{\"content\":[{\"image_url\":{\"url\":\"x\"}}]}]}",
                "{\"messages\":[{\"content\":[]}]}",
                "{\"messages\":[{\"content\":[{\"type\":\"image_url\",\"image_url\":null}]}]}"
            })
    void nothingWhereNothingIs(String body) {
        assertThat(parts(body, 10)).isEmpty();
    }
}
