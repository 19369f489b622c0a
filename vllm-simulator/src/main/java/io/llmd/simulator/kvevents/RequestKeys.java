package io.llmd.simulator.kvevents;

import io.llmd.kv.hash.ExtraKey;
import io.llmd.kv.hash.MediaSpan;
import io.llmd.kv.hash.RequestExtraKeys;
import io.llmd.simulator.engine.EngineRequest;
import java.util.List;

/** What keeps the blocks of a request apart from those of others, in the terms of vLLM's hashes. */
final class RequestKeys {

    private RequestKeys() {}

    static RequestExtraKeys of(EngineRequest request, AdapterPaths paths) {
        String adapter = request.adapter();
        if (adapter == null && request.cacheSalt() == null && request.media().isEmpty()) {
            return RequestExtraKeys.NONE;
        }
        List<MediaSpan> media = request.media().stream()
                .map(item -> new MediaSpan(item.hash(), item.offset(), item.length()))
                .toList();
        return adapter == null
                ? RequestExtraKeys.withoutAdapter(media, request.cacheSalt())
                : RequestExtraKeys.withAdapter(
                        new ExtraKey.Adapter(adapter, paths.of(adapter)), media, request.cacheSalt());
    }
}
