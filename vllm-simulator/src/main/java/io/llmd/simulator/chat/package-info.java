/** Chats, and the templates that make prompts of them. */
@NullMarked
package io.llmd.simulator.chat;

import org.jspecify.annotations.NullMarked;
