package io.llmd.simulator.handoff;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class HandoffDialectTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private final HandoffDialect nixl = new NixlDialect();
    private final HandoffDialect mooncake = new MooncakeDialect();

    private static ObjectNode params(String json) {
        return (ObjectNode) JSON.readTree(json.replace('\'', '"'));
    }

    @Test
    void requestWithoutParametersIsOneLeg() {
        assertThat(nixl.leg(null)).isEqualTo(new TransferLeg.Both());
        assertThat(nixl.leg(params("{}"))).isEqualTo(new TransferLeg.Both());
        assertThat(mooncake.leg(null)).isEqualTo(new TransferLeg.Both());
        assertThat(mooncake.leg(params("{'do_remote_decode':true}"))).isEqualTo(new TransferLeg.Both());
    }

    @Test
    void nixlReadsBothLegs() {
        assertThat(nixl.leg(params("{'do_remote_decode':true,'do_remote_prefill':false,'remote_host':null}")))
                .isEqualTo(new TransferLeg.Prefill(null));
        assertThat(nixl.leg(params("{'do_remote_prefill':true,'remote_engine_id':'e','remote_request_id':'r',"
                        + "'remote_host':'h','remote_port':5600,'remote_block_ids':[[1,2,3]],"
                        + "'remote_prefill_cached_tokens':32,'unknown':{}}")))
                .isEqualTo(
                        new TransferLeg.Decode(new Handoff("e", "r", new Address("h", 5600), 3, OptionalInt.of(32))));
        assertThat(nixl.leg(params("{'do_remote_prefill':true,'remote_engine_id':'e','remote_request_id':'r',"
                        + "'remote_host':'h','remote_port':5600,'remote_block_ids':[1,2]}")))
                .isEqualTo(
                        new TransferLeg.Decode(new Handoff("e", "r", new Address("h", 5600), 2, OptionalInt.empty())));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'do_remote_prefill':true}",
                "{'do_remote_prefill':true,'remote_engine_id':'e','remote_request_id':'r','remote_host':'h','remote_port':5600}",
                "{'do_remote_prefill':true,'remote_engine_id':'e','remote_request_id':'r','remote_host':'h','remote_port':'5600',"
                        + "'remote_block_ids':[1]}",
                "{'do_remote_prefill':true,'remote_engine_id':'e','remote_request_id':'r','remote_host':'h','remote_port':70000,"
                        + "'remote_block_ids':[1]}",
                "{'do_remote_prefill':true,'remote_engine_id':7,'remote_request_id':'r','remote_host':'h','remote_port':5600,"
                        + "'remote_block_ids':[1]}",
                "{'do_remote_prefill':true,'remote_engine_id':'e','remote_request_id':'r','remote_host':'h','remote_port':5600,"
                        + "'remote_block_ids':[[]]}"
            })
    void decodeLegThatDoesNotTellWhereIsIncomplete(String json) {
        assertThat(nixl.leg(params(json))).isEqualTo(new TransferLeg.Incomplete());
    }

    @Test
    void mooncakeReadsBothLegs() {
        assertThat(mooncake.leg(params("{'do_remote_decode':true,'do_remote_prefill':false,'transfer_id':'xfer-1'}")))
                .isEqualTo(new TransferLeg.Prefill("xfer-1"));
        assertThat(mooncake.leg(params("{'do_remote_prefill':true,'do_remote_decode':false,'transfer_id':'xfer-1',"
                        + "'remote_bootstrap_addr':'http://10.0.0.1:8998','remote_engine_id':'e'}")))
                .isEqualTo(new TransferLeg.Decode(Handoff.promised("e", "xfer-1", new Address("10.0.0.1", 8998))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.0.0.1:8998", "http://10.0.0.1", "http://[", "http://h:0"})
    void mooncakeNeedsTheAddressOfTheHolder(String address) {
        assertThat(mooncake.leg(params("{'do_remote_prefill':true,'transfer_id':'x','remote_engine_id':'e',"
                        + "'remote_bootstrap_addr':'" + address + "'}")))
                .isEqualTo(new TransferLeg.Incomplete());
    }

    @Test
    void pushingNixlReadsTheSameLegs() {
        HandoffDialect push = new NixlDialect(BlockMove.PUSH);
        assertThat(push.leg(params("{'do_remote_decode':true}"))).isEqualTo(new TransferLeg.Prefill(null));
        assertThat(push.move()).isEqualTo(BlockMove.PUSH);
    }

    @Test
    void moriioAddsTheRankToThePort() {
        HandoffDialect moriio = new MoriioDialect();
        assertThat(moriio.leg(params("{'do_remote_decode':true,'do_remote_prefill':false,'transfer_id':'tx1',"
                        + "'remote_host':'10.0.0.2','remote_handshake_port':6301,'remote_dp_rank':3}")))
                .isEqualTo(new TransferLeg.Prefill("tx1"));
        assertThat(moriio.leg(params("{'do_remote_decode':false,'do_remote_prefill':true,'transfer_id':'tx1',"
                        + "'remote_host':'10.0.0.1','remote_handshake_port':6301,'remote_dp_rank':3}")))
                .isEqualTo(new TransferLeg.Decode(
                        Handoff.promised(Handoff.ANY_ENGINE, "tx1", new Address("10.0.0.1", 6304))));
        assertThat(moriio.leg(params("{'do_remote_prefill':true,'transfer_id':'tx1','remote_host':'10.0.0.1'}")))
                .isEqualTo(new TransferLeg.Incomplete());
        assertThat(moriio.leg(null)).isEqualTo(new TransferLeg.Both());
    }

    @Test
    void sglangGoesByTheRole() {
        ObjectNode room =
                params("{'bootstrap_host':'10.0.0.1','bootstrap_port':8998,'bootstrap_room':9007199254740993}");
        assertThat(new SglangDialect(true).leg(room)).isEqualTo(new TransferLeg.Prefill("9007199254740993"));
        assertThat(new SglangDialect(false).leg(room))
                .isEqualTo(new TransferLeg.Decode(
                        Handoff.promised(Handoff.ANY_ENGINE, "9007199254740993", new Address("10.0.0.1", 8998))));
        assertThat(new SglangDialect(false).leg(null)).isInstanceOf(TransferLeg.Refused.class);
        assertThat(new SglangDialect(true).leg(params("{'bootstrap_room':'1'}")))
                .isInstanceOf(TransferLeg.Refused.class);
    }

    @Test
    void offloadingReadsItsThreeMembers() {
        HandoffDialect offloading = new OffloadingDialect();
        Handoff source = Handoff.cachedAt(new Address("10.0.0.3", 7777));
        assertThat(offloading.leg(params("{'remote_decoder':{'kv_request_id':'k'}}")))
                .isEqualTo(new TransferLeg.Prefill("k"));
        assertThat(offloading.leg(params("{'remote_decoder':{'kv_request_id':'k'},'remote_kv_source':"
                        + "{'kv_request_id':'s','remote_host':'10.0.0.3','remote_port':7777}}")))
                .isEqualTo(new TransferLeg.Prefill("k", source));
        assertThat(offloading.leg(params(
                        "{'remote_prefiller':{'kv_request_id':'k','remote_host':'10.0.0.1','remote_port':7777}}")))
                .isEqualTo(new TransferLeg.Decode(
                        Handoff.promised(Handoff.ANY_ENGINE, "k", new Address("10.0.0.1", 7777))));
        assertThat(offloading.leg(params(
                        "{'remote_kv_source':{'kv_request_id':'s','remote_host':'10.0.0.3','remote_port':7777}}")))
                .isEqualTo(new TransferLeg.Decode(source));
        assertThat(offloading.leg(params("{'remote_kv_source':{'kv_request_id':'s'}}")))
                .isEqualTo(new TransferLeg.Incomplete());
        assertThat(offloading.leg(params("{}"))).isEqualTo(new TransferLeg.Both());
    }
}
