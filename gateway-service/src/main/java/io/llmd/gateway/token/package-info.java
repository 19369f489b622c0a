/** Signed tokens of an identity provider (JWT), in the place of API keys. */
@NullMarked
package io.llmd.gateway.token;

import org.jspecify.annotations.NullMarked;
