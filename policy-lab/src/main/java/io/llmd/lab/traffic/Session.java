package io.llmd.lab.traffic;

/** What a request of a conversation carries. @param id of the conversation @param turn from 0 */
public record Session(long id, int turn) {}
