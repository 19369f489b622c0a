package io.llmd.simulator.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.simulator.fault.Damage;
import io.llmd.simulator.fault.RequestFault;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class EventDamageTest {
    private static final String FIRST = "data: {\"id\":\"a\",\"text\":\"x\"}\n\n";
    private static final String SECOND = "data: {\"id\":\"b\",\"text\":\"€\"}\n\n";

    @Test
    void brokenEventEndsInItsMiddle() {
        List<byte[]> pieces = damage(Damage.BROKEN_JSON, 2).pieces(FIRST + SECOND + FIRST);
        assertThat(pieces).hasSize(3);
        assertThat(text(pieces)).isEqualTo(FIRST + "data: {\"id\":\"b\"" + "\n\n" + FIRST);
    }

    @Test
    void halfCharacterStandsInTheFirstString() {
        byte[] piece = damage(Damage.HALF_CHARACTER, 1).pieces(FIRST).getFirst();
        assertThat(new String(piece, StandardCharsets.ISO_8859_1))
                .isEqualTo("data: {\"id\":\"a\u00e2\u0082\",\"text\":\"x\"}\n\n");
    }

    @Test
    void oddPiecesAreTheEventTogether() {
        EventDamage damage = damage(Damage.ODD_SPLIT, 2);
        assertThat(damage.pieces(FIRST)).hasSize(1);
        List<byte[]> pieces = damage.pieces(SECOND);
        assertThat(pieces).hasSize(5).allMatch(piece -> piece.length <= 7);
        assertThat(text(pieces)).isEqualTo(SECOND);
    }

    @Test
    void bodyIsDamagedToo() {
        byte[] body = "{\"id\":\"a\"}".getBytes(StandardCharsets.UTF_8);
        assertThat(damage(Damage.BROKEN_JSON, 1).body(body)).hasSize(5);
        assertThat(damage(Damage.HALF_CHARACTER, 1).body(body)).hasSize(12).containsSequence('a', 0xE2, 0x82, '"');
        assertThat(damage(Damage.ODD_SPLIT, 1).body(body)).isEqualTo(body);
    }

    private static EventDamage damage(Damage damage, int event) {
        return new EventDamage(new RequestFault.Garbage(damage, event));
    }

    private static String text(List<byte[]> pieces) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        pieces.forEach(all::writeBytes);
        return all.toString(StandardCharsets.UTF_8);
    }
}
