/** How request bodies are read. */
@NullMarked
package io.llmd.scheduler.plugin.parser;

import org.jspecify.annotations.NullMarked;
