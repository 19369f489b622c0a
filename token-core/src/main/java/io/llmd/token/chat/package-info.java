/** Chats, and the templates that make text of them. */
@NullMarked
package io.llmd.token.chat;

import org.jspecify.annotations.NullMarked;
