package io.llmd.scheduler.resource;

/**
 * A file with resources.
 *
 * @param name path for messages
 * @param text content
 */
record ResourceFile(String name, String text) {}
