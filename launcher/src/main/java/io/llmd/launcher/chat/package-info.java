/** Conversation with a model in the terminal. */
@NullMarked
package io.llmd.launcher.chat;

import org.jspecify.annotations.NullMarked;
