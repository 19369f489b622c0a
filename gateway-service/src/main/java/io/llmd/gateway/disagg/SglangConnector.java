package io.llmd.gateway.disagg;

import io.llmd.contracts.schedule.TargetEndpoint;
import java.util.concurrent.ThreadLocalRandom;

/**
 * SGLang's disaggregation mode: both endpoints get the client's request and meet in a room at the prefill endpoint, which
 * pushes the blocks. Rooms are drawn from 63 bits, for two requests in one room would mix their blocks. Decode endpoints
 * cannot compute prompts.
 */
final class SglangConnector implements KvConnector {

    private static final BothAtOnce.Manners MANNERS = new BothAtOnce.Manners(false, true, false, false);

    @Override
    public String name() {
        return "sglang";
    }

    @Override
    public SplitFlow flow(SplitCall call) {
        return new BothAtOnce(
                call, MANNERS, () -> new Room(call.settings().ports().bootstrap()));
    }

    @Override
    public boolean decodesAlone() {
        return false;
    }

    private static final class Room implements BothAtOnce.Pair {

        private final int port;
        private final long room = ThreadLocalRandom.current().nextLong(Long.MAX_VALUE);

        Room(int port) {
            this.port = port;
        }

        @Override
        public void prefill(Leg leg, TargetEndpoint prefill) {
            enter(leg, prefill);
        }

        @Override
        public void decode(Leg leg, TargetEndpoint prefill) {
            enter(leg, prefill);
        }

        private void enter(Leg leg, TargetEndpoint prefill) {
            leg.body()
                    .setText("bootstrap_host", prefill.host())
                    .set("bootstrap_port", Integer.toString(port))
                    .set("bootstrap_room", Long.toString(room));
        }
    }
}
