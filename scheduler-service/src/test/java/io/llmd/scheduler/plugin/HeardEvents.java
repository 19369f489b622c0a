package io.llmd.scheduler.plugin;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Keeps what plugins tell, one line per event. */
public final class HeardEvents implements PluginEvents {

    public final List<String> heard = new ArrayList<>();

    @Override
    public void mediaPlaced(String plugin, String endpointId, int items, int hits) {
        heard.add(plugin + " " + endpointId + " " + hits + " of " + items);
    }

    @Override
    public void headerWithoutMatch(String plugin, String selector) {
        heard.add("no match " + plugin + " " + selector);
    }

    @Override
    public void revisionShares(String plugin, String mode, Map<String, Double> shares) {
        heard.add("shares " + plugin + " " + mode + " " + new TreeMap<>(shares));
    }

    @Override
    public void splitDecided(String plugin, String reason) {
        heard.add("split " + plugin + " " + reason);
    }
}
