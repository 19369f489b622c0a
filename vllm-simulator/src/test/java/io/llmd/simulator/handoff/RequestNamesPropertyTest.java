package io.llmd.simulator.handoff;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;

class RequestNamesPropertyTest {
    private final RequestNames names = new RequestNames("engine");

    @Property(seed = "20312")
    void numberComesBackFromTheName(@ForAll String answerId, @ForAll @LongRange(max = 0xffff_ffffL) long number) {
        assertThat(names.number(names.name(answerId, number))).hasValue(number);
    }

    @Example
    void nameHasEightDigitsBehindTheAnswersId() {
        assertThat(names.name("cmpl-a-0", 1)).matches("cmpl-a-0-[0-9a-f]{8}");
        assertThat(names.name("cmpl-a-0", 1)).isNotEqualTo(new RequestNames("other").name("cmpl-a-0", 1));
    }

    @Example
    void otherNamesHaveNoNumber() {
        assertThat(names.number("")).isEmpty();
        assertThat(names.number("cmpl-1")).isEmpty();
        assertThat(names.number("cmpl-abcdefgh")).isEmpty();
        assertThat(names.number("cmpl+0000000a")).isEmpty();
        assertThat(names.number("cmpl-+000000a")).isEmpty();
    }
}
