package io.llmd.launcher.load;

/**
 * One request, ready to be sent.
 *
 * @param streamed whether the answer is a stream of events
 * @param body JSON
 */
record LoadRequest(boolean streamed, byte[] body) {}
