package io.llmd.launcher.load;

import java.util.Map;

/**
 * One request, ready to be sent.
 *
 * @param streamed whether the answer is a stream of events
 * @param body JSON
 * @param kind place of its kind in the mix
 * @param headers of its kind
 */
record LoadRequest(boolean streamed, byte[] body, int kind, Map<String, String> headers) {}
