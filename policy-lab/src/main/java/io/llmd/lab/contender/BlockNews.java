package io.llmd.lab.contender;

import io.llmd.lab.fleet.Conditions;
import io.llmd.simulator.engine.EngineEvent;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.ObjIntConsumer;

/**
 * Loses the same batches of KV events for policies in code as for the scheduler. A loss shows with the next batch: then the
 * endpoint is asked again, which takes two ways, and what came since waits; or, where nobody can be asked, what was known of
 * the endpoint is forgotten. For the thread of the simulation.
 */
final class BlockNews {

    /** What is heard of one endpoint. */
    private static final class Line {
        private final Deque<EngineEvent.BlockEvent> waiting = new ArrayDeque<>();
        private long batches;
        private long batchTime = -1;
        private boolean isLost;
        private boolean hasGap;
        private boolean isAsked;
        private long answerTime;
    }

    private final List<Line> lines = new ArrayList<>();
    private final Conditions conditions;
    private final long seed;
    private final ObjIntConsumer<EngineEvent.BlockEvent> heard;

    /** @param heard takes what is heard, with the endpoint */
    BlockNews(Setting setting, ObjIntConsumer<EngineEvent.BlockEvent> heard) {
        conditions = setting.conditions();
        seed = setting.seed();
        this.heard = heard;
        setting.engines().forEach(any -> lines.add(new Line()));
    }

    /** An endpoint published something; what it publishes at one time is one batch. */
    void changed(int endpoint, EngineEvent.BlockEvent event, long now) {
        Line line = lines.get(endpoint);
        answered(endpoint, line, now);
        if (now != line.batchTime) {
            line.batchTime = now;
            line.isLost = conditions.isLost(seed, endpoint, line.batches++);
            if (!line.isLost && line.hasGap) {
                gapShows(endpoint, line, now);
            }
            line.hasGap |= line.isLost;
        }
        if (conditions.replay() && (line.isLost || line.isAsked)) {
            line.waiting.add(event);
        } else if (!line.isLost) {
            heard.accept(event, endpoint);
        }
    }

    private void gapShows(int endpoint, Line line, long now) {
        if (!conditions.replay()) {
            line.hasGap = false;
            heard.accept(new EngineEvent.BlocksCleared(now), endpoint);
        } else if (!line.isAsked) {
            line.isAsked = true;
            line.answerTime = now + 2 * conditions.eventLag().toNanos();
        }
    }

    /** Hears what endpoints told again until now. */
    void replayed(long now) {
        for (int endpoint = 0; endpoint < lines.size(); endpoint++) {
            answered(endpoint, lines.get(endpoint), now);
        }
    }

    private void answered(int endpoint, Line line, long now) {
        if (line.isAsked && now >= line.answerTime) {
            line.isAsked = false;
            line.hasGap = false;
            while (!line.waiting.isEmpty()) {
                heard.accept(line.waiting.remove(), endpoint);
            }
        }
    }
}
